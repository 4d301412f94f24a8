import type { NodeReport, Rotation, RotationPhase } from '../../etcd/pki/rotation.ts';
import { leadsTo } from '../../pki/examine.ts';

/**
 * Which of the two authorities a list holds; `neither`: it is about another authority; `unread`:
 * the file could not be read, or holds none.
 */
export type Trust = 'old' | 'new' | 'both' | 'neither' | 'unread';
/** Who vouches for a certificate; `other`: an authority that is not changed. */
export type Issuer = 'old' | 'new' | 'other' | 'unread';

/** How far a node is with a rotation. */
export interface Standing {
  readonly files: readonly Trust[];
  /** As the running etcd was started; null: it runs none. */
  readonly etcd: readonly Trust[] | null;
  readonly certificates: readonly Issuer[];
}

/** What a node says of itself that counts here. */
export type NodeFacts = Pick<NodeReport, 'trusted' | 'etcd' | 'certificates'>;
type Authorities = Pick<Rotation, 'old' | 'new'>;

/** @throws E2dError `E2D_BAD_CERTIFICATE` */
export function standingOf(facts: NodeFacts, rotation: Authorities): Standing {
  const { trusted, etcd, certificates } = facts;
  const trustIn = (fingerprints: readonly string[]) => trustOf(fingerprints, rotation);
  return {
    files: trusted.map(({ authorities }) =>
      authorities.length === 0 ? 'unread' : trustIn(authorities),
    ),
    etcd: etcd && [trustIn(etcd.clients), trustIn(etcd.peers)],
    certificates: certificates.map(({ certificate }) => issuerOf(certificate, rotation)),
  };
}

export function trustOf(fingerprints: readonly string[], rotation: Authorities): Trust {
  const isOld = fingerprints.includes(rotation.old.fingerprint);
  const isNew = fingerprints.includes(rotation.new.fingerprint);
  if (isOld) return isNew ? 'both' : 'old';
  return isNew ? 'new' : 'neither';
}

/** An authority whose certificate alone was made anew vouches for what the old one did. */
export function issuerOf(certificate: string, rotation: Authorities): Issuer {
  if (certificate === '') return 'unread';
  if (leadsTo(certificate, rotation.new.certificate)) return 'new';
  return leadsTo(certificate, rotation.old.certificate) ? 'old' : 'other';
}

const wanted = {
  'trust-both': 'both',
  reissue: 'both',
  'drop-old': 'new',
  done: 'new',
  abort: 'old',
  aborted: 'old',
} as const satisfies Record<RotationPhase, Trust>;

/** What a phase wants of the node's files. */
export function areFilesDone({ files }: Standing, phase: RotationPhase): boolean {
  return isAll(files, wanted[phase]);
}

/** What it wants of the running etcd, which reads its files of authorities when it starts. */
export function isEtcdDone({ etcd }: Standing, phase: RotationPhase): boolean {
  return etcd !== null && isAll(etcd, wanted[phase]);
}

export function areCertificatesDone({ certificates }: Standing, phase: RotationPhase): boolean {
  if (phase === 'trust-both') return true;
  const unwanted = wanted[phase] === 'old' ? 'new' : 'old';
  return !certificates.includes(unwanted) && !certificates.includes('unread');
}

/** Whether a node has done all that a phase asks of it. */
export function isDone(standing: Standing, phase: RotationPhase): boolean {
  return (
    areFilesDone(standing, phase) &&
    isEtcdDone(standing, phase) &&
    areCertificatesDone(standing, phase)
  );
}

function isAll(lists: readonly Trust[], trust: Trust): boolean {
  return lists.every((list) => list === trust || list === 'neither');
}
