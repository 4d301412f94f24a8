import type { NodeSnapshot } from '../../machines/node/step.ts';
import type { NodeConfig } from '../config/node-config.ts';
import { createEndpointPool, type EndpointPool } from '../etcd/client/endpoint-pool.ts';
import type { Log } from '../log/create-log.ts';
import { FileKeeper } from './certificate-keeper.ts';
import { CertificateWatch } from './certificate-watch.ts';
import { systemClock } from './clock.ts';
import type { DriverEntry } from './driver.ts';
import { ownVoter } from './own-voter.ts';
import { RotationFollower } from './rotation/follow-rotation.ts';
import { nodeFilesOf } from './rotation/node-files.ts';
import { isSecure } from './tls-migration/standing.ts';
import { tellRefusals, userRegister } from './user-register.ts';

export interface ConnectionParts {
  readonly log: Log;
  /** The chart as it stands, once the node is put together. */
  readonly snapshot: () => NodeSnapshot;
}

/** How this node's e2d reaches etcd, as whom, and what looks after its certificates. */
export interface Connections {
  readonly endpoints: EndpointPool;
  /** These are null without TLS. */
  readonly watch: CertificateWatch | null;
  readonly certificates: FileKeeper | null;
  readonly note: (entry: DriverEntry) => void;
  /** Once the chart lives. */
  readonly begin: () => void;
  readonly stop: () => void;
}

/** Rejects with `E2D_TLS_FILE` when a file of certificates cannot be read. */
export async function openConnections(
  config: NodeConfig,
  { log, snapshot }: ConnectionParts,
): Promise<Connections> {
  const parts = { clock: systemClock, log };
  const { tls, caKeyFile } = config;
  const onFault = tellRefusals(parts);
  const files = nodeFilesOf(config);
  if (tls === null || files === null) {
    const nothing = () => undefined;
    const endpoints = createEndpointPool({ onFault });
    return {
      endpoints,
      watch: null,
      certificates: null,
      note: nothing,
      begin: nothing,
      stop: nothing,
    };
  }
  const watch = await CertificateWatch.start(tls, parts);
  const { shown } = watch;
  const endpoints = createEndpointPool({ tls: shown, onFault });
  const own = endpoints.at(config.urls.clientAdvertise);
  const follower: RotationFollower = new RotationFollower({
    ...{ ...parts, files, own },
    member: () => ownVoter(snapshot()),
    trustOfEtcd: () => certificates.inEtcd,
    takeUp: () => watch.look(),
  });
  const certificates = new FileKeeper({ ...parts, tls, caKeyFile, watch, follower });
  // By plain HTTP no certificate is shown, and nobody is a user by its CN.
  const isShown = isSecure(config.urls.clientAdvertise);
  const register = isShown ? userRegister({ shown, own, log }) : null;
  return {
    ...{ endpoints, watch, certificates },
    note: (entry) => register?.note(entry),
    begin: () => follower.start(),
    stop: () => {
      register?.stop();
      follower.stop();
      watch.stop();
    },
  };
}
