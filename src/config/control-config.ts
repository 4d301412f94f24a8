import { resolve as resolvePath } from 'node:path';
import { hostPort, isUnspecified } from './address.ts';
import type { OpenFindings } from './given.ts';
import { type ListenerRequest, resolve } from './hosts.ts';
import type { Listeners } from './listeners.ts';
import type { RemoteControlConfig, TlsFiles } from './node-config.ts';
import { reportUnreadable } from './tls-files.ts';
import { called } from './values.ts';

export const defaultControlPort = 7981;

export interface ControlRequest
  extends Pick<ListenerRequest, 'values' | 'origins' | 'surroundings'> {
  readonly tls: TlsFiles | null;
  readonly listeners: Listeners | undefined;
}

/** Whether and where other machines may control this node; null where they may not. */
export async function decideRemoteControl(
  request: ControlRequest,
  findings: OpenFindings,
): Promise<RemoteControlConfig | null> {
  const { values, origins, surroundings, tls, listeners } = request;
  const written = values['control-addr'];
  const ownCa = values['control-ca-cert'];
  if (written === undefined) {
    if (ownCa === undefined) return null;
    findings.warnings.push(
      `${called('control-ca-cert', origins)} has no effect without --control-addr.`,
    );
    return null;
  }
  const caCertFile = ownCa === undefined ? tls?.caCertFile : resolvePath(surroundings.cwd, ownCa);
  if (ownCa !== undefined && caCertFile !== undefined) {
    reportUnreadable(called('control-ca-cert', origins), caCertFile, { surroundings, findings });
  }
  if (tls === null || caCertFile === undefined) {
    findings.problems.push(
      `${called('control-addr', origins)} is served by mutual TLS only, which needs ` +
        '--ca-cert, --server-cert, --server-key, --peer-cert and --peer-key.',
    );
    return null;
  }
  if (listeners === undefined) return null;
  const port = written.port ?? defaultControlPort;
  const host = written.host ?? listeners.host;
  const bind = await resolve(called('control-addr', origins), host, {
    ...request,
    findings,
  });
  if (bind === undefined) return null;
  reportTaken({ host: bind.ip, port }, request, findings);
  return { host: bind.ip, port, caCertFile, ...tls.server };
}

function reportTaken(
  own: { readonly host: string; readonly port: number },
  { origins, listeners }: ControlRequest,
  { problems }: OpenFindings,
): void {
  if (listeners === undefined) return;
  const { clientListen, peerListen } = listeners.urls;
  const of = (url: string) => {
    const { hostname, port } = new URL(url);
    return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
  };
  const taken = [
    ...clientListen.map((url) => ({ ...of(url), option: 'client-addr' as const })),
    ...peerListen.map((url) => ({ ...of(url), option: 'peer-addr' as const })),
    { ...listeners.gossip, option: 'gossip-addr' as const },
  ];
  const clash = taken.find(
    ({ host, port }) =>
      port === own.port && (host === own.host || isUnspecified(host) || isUnspecified(own.host)),
  );
  if (clash === undefined) return;
  problems.push(
    `${called('control-addr', origins)} and ${called(clash.option, origins)} are both ` +
      `${hostPort(own.host, own.port)}; each needs a port of its own.`,
  );
}
