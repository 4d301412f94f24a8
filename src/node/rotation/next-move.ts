import type { Member, MemberId } from '../../../machines/facts.ts';
import type { NodeReport, Rotation, RotationPhase } from '../../etcd/pki/rotation.ts';
import type { RotationRegister } from '../../etcd/pki/rotation-register.ts';
import { examine, type Purpose } from '../../pki/examine.ts';
import { readCertificates } from '../../pki/read-certificates.ts';
import { hostOf } from '../host-of.ts';
import {
  areCertificatesDone,
  areFilesDone,
  isDone,
  isEtcdDone,
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
  const judged = view.members.map((member) => judge(member, view, now));
  if (judged.every(({ step }) => step === 'done')) return { kind: 'advance', to: following[phase] };
  const wanted = judged.flatMap(({ reissuable }) => reissuable);
  const certificates = [...new Map(wanted.map((one) => [one.fingerprint, one])).values()];
  return certificates.length === 0 ? { kind: 'wait' } : { kind: 'reissue', certificates };
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
  return view.members.map((member) => {
    const { reissuable: _, ...progress } = judge(member, view, now);
    return progress;
  });
}

interface Judged extends MemberProgress {
  readonly reissuable: readonly ToReissue[];
}

function judge(member: Member, view: RotationView, now: Date): Judged {
  const { rotation, reports } = view;
  const name = member.name === '' ? member.id : member.name;
  const report = reports.get(member.id);
  const known = { memberId: member.id, name, reissuable: [] } as const;
  if (report === undefined) return { ...known, step: 'unheard', standing: null, problems: [] };
  let standing: Standing;
  try {
    standing = standingOf(report, rotation);
  } catch {
    const problems = [`What the e2d of ${name} has told cannot be read.`];
    return { ...known, step: 'unheard', standing: null, problems };
  }
  const { id, phase } = rotation;
  const isFresh = report.rotation?.id === id && report.rotation.phase === phase;
  const { reissuable, refused } = wantedBy(member, report, { ...view, standing, now });
  return {
    ...known,
    step: isFresh ? stepOf(standing, phase) : 'unheard',
    standing,
    problems: [...report.problems, ...refused],
    reissuable,
  };
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
  report: NodeReport,
  { rotation, reissued, standing, now }: RotationView & { standing: Standing; now: Date },
): { readonly reissuable: readonly ToReissue[]; readonly refused: readonly string[] } {
  const isTime = rotation.phase === 'reissue' || rotation.phase === 'drop-old';
  const isStarted = member.clientUrls.length > 0;
  const reissuable: ToReissue[] = [];
  const refused: string[] = [];
  for (const [index, { role, path, certificate }] of report.certificates.entries()) {
    if (!isTime || !isStarted || standing.certificates[index] !== 'old') continue;
    const [leaf] = readCertificates(certificate);
    if (leaf === undefined || leaf.usages.ca || reissued.has(leaf.fingerprint)) continue;
    const flaws = examine({
      certificate: { path, pem: certificate },
      authorities: { path: 'the old authority', pem: rotation.old.certificate },
      ...useOf(role, member),
      now,
    });
    const { subject, fingerprint } = leaf;
    if (flaws.length === 0) {
      reissuable.push({ member: member.name, role, subject, fingerprint, certificate });
    }
    refused.push(...flaws.map(({ sentence, remedy }) => `${sentence} ${remedy}`));
  }
  return { reissuable, refused };
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
