import { join } from 'node:path';
import type { NodeConfig } from '../config/node-config.ts';
import { serveControl } from '../control/control-server.ts';
import { type RemoteControl, serveRemoteControl } from '../control/remote-server.ts';
import type { Asked, ControlMethods } from '../control/requests.ts';
import type { Log } from '../log/create-log.ts';

/**
 * Opens the ways in which a running node is asked: the socket in its state dir and, with
 * `--control-addr`, mutual TLS. Whoever gave an order is in the log. Throws `E2D_CONTROL_SOCKET`,
 * `E2D_CONTROL_ADDR` and `E2D_TLS_FILE`.
 */
export async function openControl(
  config: NodeConfig,
  methods: ControlMethods,
  log: Log,
): Promise<{ close(): Promise<void> }> {
  const onAsked = (asked: Asked) => note(asked, log);
  const local = await serveControl(join(config.stateDir, 'e2d.sock'), methods, { onAsked });
  try {
    const remote = await openRemote(config, { methods, onAsked }, log);
    return {
      async close() {
        await Promise.all([local.close(), remote?.close()]);
      },
    };
  } catch (problem) {
    await local.close();
    throw problem;
  }
}

async function openRemote(
  { remoteControl }: NodeConfig,
  service: { readonly methods: ControlMethods; readonly onAsked: (asked: Asked) => void },
  log: Log,
): Promise<RemoteControl | null> {
  if (remoteControl === null) return null;
  const { host, port, ...files } = remoteControl;
  const remote = await serveRemoteControl({
    host,
    port,
    files,
    service,
    onTurnedAway: (sentence) => log.debug({ rule: 'S20' }, `Remote control: ${sentence}`),
    onTrouble: (sentence) => log.warn(sentence),
  });
  log.info({ host, port: remote.port }, 'Remote control is served.');
  return remote;
}

/** Orders are told to everybody, looking only to whoever wants to know everything. */
function note({ caller, method, parameters, isOrder, refusal }: Asked, log: Log): void {
  const by =
    caller.kind === 'local'
      ? 'a user of this machine'
      : `${caller.name} (${caller.role}, ${caller.address})`;
  const facts = { caller, method: method?.slice(0, 40), order: parameters.order };
  if (refusal !== null) log.warn(facts, `A request of ${by} was refused: ${refusal}.`);
  else if (isOrder) log.info(facts, `${by} ordered: ${method}.`);
  else log.trace(facts, `${by} asked: ${method}.`);
}
