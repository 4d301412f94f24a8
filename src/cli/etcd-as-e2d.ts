import { E2dError } from '../errors/e2d-error.ts';
import type { EndpointTls } from '../etcd/client/connection.ts';
import { createEtcdEndpoint } from '../etcd/client/create-endpoint.ts';
import type { CallOptions, EtcdEndpoint } from '../etcd/client/endpoint.ts';
import { isForUsers, toEtcdFault } from '../etcd/client/etcd-fault.ts';
import { rootUser } from '../etcd/users/ensure-users.ts';
import { openUserAdmin, type UserAdmin } from '../etcd/users/user-admin.ts';
import { endpointTls } from '../node/tls.ts';
import { userOf } from '../node/user-register.ts';
import type { Invocation } from './command.ts';
import { issueFor } from './issue-user.ts';
import { nodeConfigOf } from './own-cluster.ts';
import { helpOf } from './own-flags.ts';
import type { Session } from './snapshot-session.ts';

/** This node's etcd, asked with one certificate. */
export interface EtcdAsUser {
  readonly tls: EndpointTls;
  readonly endpoint: EtcdEndpoint;
  readonly admin: UserAdmin;
  /** As whom this node's e2d asks, whoever asks now. */
  readonly ownUser: string;
  readonly bounds: CallOptions;
}

/** The seed of all of it allowed as much; quorum or not, nothing here takes longer. */
const limitMs = 60_000;
const rootLifeMs = 5 * 60_000;

/**
 * Does something with etcd's users as this node's e2d, within a minute; and where etcd does not let
 * it, as root, if the key of the authority is at hand. Rejects with `E2D_AUTH_UNSAFE` where this
 * node has no certificates to be known by.
 */
export async function withUsersOf<T>(
  invocation: Invocation,
  session: Session,
  work: (etcd: EtcdAsUser) => Promise<T>,
): Promise<T> {
  const config = await nodeConfigOf(invocation, session);
  const limit = AbortSignal.timeout(limitMs);
  const bounds = { signal: AbortSignal.any([limit, session.signal]), timeoutMs: 5_000 };
  const { tls } = await endpointTls(config.tls);
  if (tls === undefined || config.tls?.clientCertAuth !== true) throw withoutCertificates();
  const url = config.urls.clientAdvertise;
  const ownUser = userOf(tls.certificate);
  const as = async (shown: EndpointTls) => {
    const endpoint = createEtcdEndpoint(url, { tls: shown });
    const admin = openUserAdmin(url, { tls: shown });
    try {
      return await work({ tls: shown, endpoint, admin, ownUser, bounds });
    } finally {
      endpoint.close();
      admin.close();
    }
  };
  try {
    return await as(tls).catch(async (problem) => {
      const { values } = session;
      const isLockedOut = isForUsers(toEtcdFault(problem)) && values['ca-key'] !== undefined;
      if (!isLockedOut) throw problem;
      const help = helpOf(invocation.command);
      const root = await issueFor(rootUser, rootLifeMs, { ...session, help });
      const { certificate, key } = root;
      return as({ ...tls, certificate: Buffer.from(certificate), key: Buffer.from(key) });
    });
  } catch (problem) {
    if (limit.aborted) throw unfinished(problem);
    throw problem;
  }
}

function withoutCertificates(): E2dError {
  return new E2dError(
    'This node asks the clients of etcd for no certificate, and nothing else tells users apart.',
    {
      code: 'E2D_AUTH_UNSAFE',
      remedy: 'Nothing was changed; give --ca-cert and the certificates of docs/tls.md first.',
    },
  );
}

function unfinished(cause: unknown): E2dError {
  return new E2dError(`etcd did not do it all within ${limitMs / 1000} seconds.`, {
    code: 'E2D_AUTH_UNFINISHED',
    remedy: 'Run it again: it goes on from where it was.',
    cause,
  });
}
