import { randomUUID } from 'node:crypto';
import type { Member } from '../../../machines/facts.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import type { CallOptions, EtcdEndpoint } from '../../etcd/client/endpoint.ts';
import type { Rotation, RotationPhase } from '../../etcd/pki/rotation.ts';
import {
  changeRotation,
  type RotationRegister,
  readRotationRegister,
} from '../../etcd/pki/rotation-register.ts';
import { isWarranted, warrantFor } from '../../etcd/pki/warrant.ts';
import type { Authority, KeyPair } from '../../pki/authority.ts';
import { readCertificates } from '../../pki/read-certificates.ts';
import { nextMove, type RotationMove } from './next-move.ts';
import { trustOf } from './standing.ts';

/** All that is known of a change of authorities: the register, and who must take part. */
export interface RotationState extends RotationRegister {
  readonly members: readonly Member[];
}

/** Rejects with an `EtcdFault`. */
export async function readRotationState(
  endpoint: EtcdEndpoint,
  bounds: CallOptions,
): Promise<RotationState> {
  const register = await readRotationRegister(endpoint, bounds);
  return { ...register, members: (await endpoint.memberList(bounds)).members };
}

export interface Conducting {
  readonly endpoint: EtcdEndpoint;
  /** The new one, which signs; null: nothing is issued anew, as where it is called off. */
  readonly authority: Authority | null;
  /** Whether the old authority may be dropped, once every member has done without it. */
  readonly mayDropOld: boolean;
  readonly now: () => Date;
  readonly bounds: CallOptions;
}

/**
 * Begins a change of authorities from the one whose certificate and key (PEM) are given. False:
 * somebody else began one at the same time. Throws `E2D_ROTATION_REFUSED`.
 */
export async function beginRotation(
  state: RotationState,
  old: KeyPair,
  { endpoint, authority, now, bounds }: Conducting & { readonly authority: Authority },
): Promise<boolean> {
  const moment = now();
  const from = namedAuthority(old.certificate);
  const to = namedAuthority(authority.certificate);
  refuse([
    ...authorityProblems(from, to, moment),
    ...memberProblems(state, { old: from, new: to }),
  ]);
  const at = moment.toISOString();
  const change = { id: randomUUID(), old: written(from), new: written(to) };
  const rotation: Rotation = {
    ...change,
    phase: 'trust-both',
    warrant: warranted(change, old.key),
    beganAt: at,
    phaseBeganAt: at,
  };
  const { revision } = state;
  return changeRotation(endpoint, { revision, rotation, clearReissued: true }, bounds);
}

/**
 * Does what is to be done next, if anything is; gives what was done. `overtaken`: somebody else has
 * changed something meanwhile, which is left to the next look. `held`: the old authority may not be
 * dropped yet.
 */
export async function moveOn(
  state: RotationState & { readonly rotation: Rotation },
  { endpoint, authority, mayDropOld, now, bounds }: Conducting,
): Promise<RotationMove | { readonly kind: 'overtaken' | 'held' }> {
  const { rotation, revision, members, reports } = state;
  const moment = now();
  const move = nextMove(state, moment);
  if (move.kind === 'wait') return move;
  if (move.kind === 'reissue') {
    if (authority === null) return { kind: 'wait' };
    const trusted = rotation.old.certificate;
    const issued = move.certificates.map(({ fingerprint, certificate }) => {
      const signed = authority.reissue(certificate, { trusted, now: moment });
      return [fingerprint, signed.certificate] as const;
    });
    const change = { revision, reissued: new Map(issued) };
    return (await changeRotation(endpoint, change, bounds)) ? move : { kind: 'overtaken' };
  }
  if (move.to === 'drop-old' && !mayDropOld) return { kind: 'held' };
  const isEnd = move.to === 'done' || move.to === 'aborted';
  const present = new Set(members.map(({ id }) => id));
  const change = {
    revision,
    rotation: inPhase(rotation, move.to, moment),
    clearReissued: isEnd,
    forget: isEnd ? [...reports.keys()].filter((id) => !present.has(id)).slice(0, 100) : [],
  };
  return (await changeRotation(endpoint, change, bounds)) ? move : { kind: 'overtaken' };
}

/** Has everybody trust the old authority alone again. Throws `E2D_ROTATION_REFUSED`. */
export async function abortRotation(
  { rotation, revision }: RotationState,
  { endpoint, now, bounds }: Pick<Conducting, 'endpoint' | 'now' | 'bounds'>,
): Promise<boolean> {
  if (rotation?.phase === 'abort') return true;
  if (rotation?.phase !== 'trust-both') {
    const why =
      rotation === null || rotation.phase === 'done' || rotation.phase === 'aborted'
        ? 'No change of authorities is under way.'
        : 'Certificates of the new authority were issued already: it can only be finished.';
    refuse([why]);
    return false;
  }
  return changeRotation(
    endpoint,
    { revision, rotation: inPhase(rotation, 'abort', now()) },
    bounds,
  );
}

function inPhase(rotation: Rotation, phase: RotationPhase, now: Date): Rotation {
  return { ...rotation, phase, phaseBeganAt: now.toISOString() };
}

type Named = ReturnType<typeof readCertificates>[number];

function namedAuthority(pem: string): Named {
  const [certificate, ...more] = readCertificates(pem);
  if (certificate !== undefined && more.length === 0) return certificate;
  const held = more.length === 0 ? 'holds no certificate' : 'holds several certificates';
  throw refusal(
    `The file of the old authority ${held}.`,
    'Name a file that holds only the old one, with --old-ca-cert.',
  );
}

function written({ x509, fingerprint }: Named): Rotation['old'] {
  return { certificate: x509.toString(), fingerprint };
}

function warranted(change: Pick<Rotation, 'id' | 'old' | 'new'>, key: string): string {
  const remedy = 'Name its private key (PEM) with --old-ca-key.';
  try {
    const warrant = warrantFor(change, key);
    if (isWarranted({ ...change, warrant })) return warrant;
  } catch {
    throw refusal('The private key of the old authority cannot be read.', remedy);
  }
  throw refusal('The key that is given is not that of the old authority.', remedy);
}

function authorityProblems(from: Named, to: Named, now: Date): readonly string[] {
  if (from.fingerprint === to.fingerprint) return ['The new authority is the old one.'];
  const problems = [from, to]
    .filter(({ usages }) => !usages.ca)
    .map(({ subject }) => `The certificate of "${subject}" is not that of an authority.`);
  const hasSameKey = from.x509.publicKey.equals(to.x509.publicKey);
  if (from.subject === to.subject && !hasSameKey) {
    problems.push(
      `Both authorities are called "${to.subject}", so that clients could mistake one for the ` +
        'other: make the new one with another name (e2d pki init --name).',
    );
  }
  if (now < to.notBefore || now >= to.notAfter)
    problems.push('The new authority is not valid now.');
  return problems;
}

/** Every member must take part, and somebody must have something to change. */
function memberProblems(
  { members, reports }: RotationState,
  rotation: { readonly old: Named; readonly new: Named },
): readonly string[] {
  const silent = members.filter(({ id }) => !reports.has(id));
  const problems = silent.map(
    ({ id, name }) =>
      `Member ${name === '' ? id : name} has not told whom it trusts: have an e2d of this version ` +
      'run there, with TLS.',
  );
  const authorities = { old: written(rotation.old), new: written(rotation.new) };
  const known = members.flatMap(({ id }) => reports.get(id)?.trusted ?? []);
  const isTrusted = known.some(({ authorities: held }) =>
    ['old', 'both'].includes(trustOf(held, authorities)),
  );
  if (isTrusted || known.length === 0) return problems;
  return [...problems, `No node trusts the old authority "${rotation.old.subject}".`];
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw refusal(problems.join(' '));
}

function refusal(sentence: string, remedy?: string): E2dError {
  return new E2dError(sentence, {
    code: 'E2D_ROTATION_REFUSED',
    remedy: remedy ?? 'Nothing was changed; docs/pki-rotation.md tells what must be so first.',
  });
}
