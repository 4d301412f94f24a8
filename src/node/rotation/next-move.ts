import type { Member, MemberId } from '../../../machines/facts.ts';
import type { NodeReport, Rotation, RotationPhase } from '../../etcd/pki/rotation.ts';
import type { RotationRegister } from '../../etcd/pki/rotation-register.ts';
import { examine, type Purpose } from '../../pki/examine.ts';
import { readCertificates } from '../../pki/read-certificates.ts';
import {
  areCertificatesDone,
  areFilesDone,
  isDone,
  isEtcdDone,
  issuerOf,
  type Standing,
  standingOf,
} from './standing.ts';

export type RotationView = Pick<RotationRegister, 'reissued' | 'reports'> & {
  readonly rotation: Rotation;
  readonly members: readonly Member[];
};

/** A certificate that is to be issued anew, with those that stand behind it in its file. */
export interface ToReissue {
  readonly member: string;
  readonly role: string;
  readonly subject: string;
  readonly fingerprint: string;
  readonly certificate: string;
}

export type RotationMove =
  | { readonly kind: 'wait' }
  | { readonly kind: 'reissue'; readonly certificates: readonly ToReissue[] }
  | { readonly kind: 'advance'; readonly to: RotationPhase };

const following = {
  'trust-both': 'reissue',
  reissue: 'drop-old',
  'drop-old': 'done',
  abort: 'aborted',
} as const satisfies Partial<Record<RotationPhase, RotationPhase>>;

/**
 * What whoever holds the new authority's key does next. A phase is over only when every member has
 * reported, in that very phase, that it has done its part: a report from before counts for nothing.
 */
export function nextMove(view: RotationView, now: Date): RotationMove {
  const { phase } = view.rotation;
  if (phase === 'done' || phase === 'aborted') return { kind: 'wait' };
  if (progressOf(view, now).every(({ step }) => step === 'done')) {
    return { kind: 'advance', to: following[phase] };
  }
  if (phase !== 'reissue' && phase !== 'drop-old') return { kind: 'wait' };
  const certificates = view.members.flatMap((member) => wantedBy(member, view, now).good);
  const distinct = [...new Map(certificates.map((one) => [one.fingerprint, one])).values()];
  return distinct.length === 0 ? { kind: 'wait' } : { kind: 'reissue', certificates: distinct };
}

/** Where one member is in the present phase, and what is in its way. */
export interface MemberProgress {
  readonly memberId: MemberId;
  /** The member's name; its id where it has none yet. */
  readonly name: string;
  readonly step: 'unheard' | 'files' | 'etcd' | 'certificates' | 'done';
  readonly standing: Standing | null;
  readonly problems: readonly string[];
}

export function progressOf(view: RotationView, now: Date): readonly MemberProgress[] {
  const { rotation, members, reports } = view;
  return members.map((member) => {
    const report = reports.get(member.id);
    const name = member.name === '' ? member.id : member.name;
    const isFresh =
      report?.rotation?.id === rotation.id && report.rotation.phase === rotation.phase;
    const standing = readStanding(report, rotation);
    const isBad = report !== undefined && standing === null;
    const { refused } = wantedBy(member, view, now);
    return {
      memberId: member.id,
      name,
      step: standing === null || !isFresh ? 'unheard' : stepOf(standing, rotation.phase),
      standing,
      problems: [
        ...(isBad ? [`What the e2d of ${name} has told cannot be read.`] : []),
        ...(report?.problems ?? []),
        ...refused,
      ],
    };
  });
}

/** Null where nothing was told, or what cannot be read. */
function readStanding(report: NodeReport | undefined, rotation: Rotation): Standing | null {
  try {
    return report === undefined ? null : standingOf(report, rotation);
  } catch {
    return null;
  }
}

function stepOf(standing: Standing, phase: RotationPhase): MemberProgress['step'] {
  if (isDone(standing, phase)) return 'done';
  if (!areCertificatesDone(standing, phase) && phase === 'drop-old') return 'certificates';
  if (!areFilesDone(standing, phase)) return 'files';
  return isEtcdDone(standing, phase) ? 'certificates' : 'etcd';
}

/** What of a member is still the old authority's: to be issued anew, or refused with a sentence. */
function wantedBy(
  member: Member,
  { rotation, reports, reissued }: RotationView,
  now: Date,
): { readonly good: readonly ToReissue[]; readonly refused: readonly string[] } {
  const { phase } = rotation;
  const report = reports.get(member.id);
  const isTime = phase === 'reissue' || phase === 'drop-old';
  const isMember = member.clientUrls.length > 0 && readStanding(report, rotation) !== null;
  if (!isTime || !isMember || report === undefined) return { good: [], refused: [] };
  const good: ToReissue[] = [];
  const refused: string[] = [];
  for (const { role, path, certificate } of report.certificates) {
    const [leaf] = readCertificates(certificate);
    if (leaf === undefined || issuerOf(certificate, rotation) !== 'old') continue;
    if (reissued.has(leaf.fingerprint)) continue;
    const flaws = examine({
      certificate: { path, pem: certificate },
      authorities: { path: 'the old authority', pem: rotation.old.certificate },
      ...useOf(role, member),
      now,
    });
    const { subject, fingerprint } = leaf;
    if (flaws.length === 0 && !leaf.usages.ca) {
      good.push({ member: member.name, role, subject, fingerprint, certificate });
    }
    refused.push(...flaws.map(({ sentence, remedy }) => `${sentence} ${remedy}`));
  }
  return { good, refused };
}

/** What a member's own certificate is good for: nobody else's is issued anew under its name. */
function useOf(
  role: NodeReport['certificates'][number]['role'],
  { clientUrls, peerUrls }: Member,
): { readonly purposes: readonly Purpose[]; readonly hosts: readonly string[] } {
  switch (role) {
    case 'server':
      return { purposes: ['server'], hosts: clientUrls.map(hostOf) };
    case 'peer':
      return { purposes: ['server', 'client'], hosts: peerUrls.map(hostOf) };
    case 'client':
      return { purposes: ['client'], hosts: [] };
  }
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}
