import type { Identity } from '../../../machines/facts.ts';
import type { NodeConfig } from '../../config/node-config.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import { readIdentity } from '../../etcd/data-dir/identity-file.ts';
import { type Register, readRegister } from './register.ts';
import { isSameAddress, isSecure, type Standing } from './standing.ts';

export interface Refusal {
  readonly sentence: string;
  readonly remedy: string;
}

/**
 * Refuses a step from plain HTTP to TLS, or back, that would cut this node's member off: before
 * anything starts.
 *
 * @throws E2dError `E2D_TLS_MIGRATION`
 */
export async function admitStep(config: NodeConfig): Promise<void> {
  const { stateDir } = config;
  const [identity, register] = [await readIdentity(stateDir), await readRegister(stateDir)];
  const refusal = refuseStep(config, identity, register);
  if (refusal === null) return;
  const { sentence, remedy } = refusal;
  throw new E2dError(sentence, { code: 'E2D_TLS_MIGRATION', remedy, exit: 2 });
}

/** Why a node that is a member must not listen as it is configured to; null when it may. */
export function refuseStep(
  { urls, tls }: Pick<NodeConfig, 'urls' | 'tls'>,
  identity: Identity | null,
  register: Register | null,
): Refusal | null {
  const wanted = urls.peerAdvertise;
  const isBound = identity !== null && (identity.memberId !== null || identity.plan !== null);
  if (!isBound || !isSameAddress(identity.peerUrl, wanted)) return null;
  const refusal = tls === null ? refusePlain(register) : null;
  if (refusal !== null || identity.peerUrl === wanted) return refusal;
  const known = register?.ownPeerUrls ?? [identity.peerUrl];
  return isSecure(wanted) ? refuseTls(known, register) : refuseWayBack(known);
}

function refuseTls(known: readonly string[], register: Register | null): Refusal | null {
  if (!known.some(isSecure)) {
    return {
      sentence:
        'The other members look for this node over plain HTTP only, so it must not listen to ' +
        'them over TLS yet.',
      remedy: 'Start each node with --tls-migration=prepare first, one after the other.',
    };
  }
  const plain = namesAt(register, ['plain']);
  return plain === null
    ? null
    : {
        sentence: `Not every member can talk TLS to this node yet: ${plain}.`,
        remedy:
          'Go back to --tls-migration=prepare here, and start the others with it; "e2d status" ' +
          'tells when every member is prepared.',
      };
}

function refuseWayBack(known: readonly string[]): Refusal | null {
  return known.some((url) => !isSecure(url))
    ? null
    : {
        sentence: 'The other members look for this node over TLS only.',
        remedy: 'Start it with --tls-migration=switch first: then they find it by both schemes.',
      };
}

function refusePlain(register: Register | null): Refusal | null {
  const secure = namesAt(register, ['switched', 'done']);
  return secure === null
    ? null
    : {
        sentence: `Without TLS this node could not reach members that listen over TLS: ${secure}.`,
        remedy: 'Start it with --tls-migration=prepare, and the others too, before any is plain.',
      };
}

function namesAt(register: Register | null, standings: readonly Standing[]): string | null {
  const found = register?.others.filter(({ standing }) => standings.includes(standing)) ?? [];
  return found.length === 0 ? null : found.map(({ name }) => name).join(', ');
}
