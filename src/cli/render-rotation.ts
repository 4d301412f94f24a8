import { harmless } from '../errors/shown.ts';
import type { Rotation, RotationPhase } from '../etcd/pki/rotation.ts';
import type { RotationState } from '../node/rotation/conduct-rotation.ts';
import { type MemberProgress, progressOf } from '../node/rotation/next-move.ts';
import { readCertificates } from '../pki/read-certificates.ts';
import { table } from './table.ts';

const phases: Readonly<Record<RotationPhase, string>> = {
  'trust-both': 'phase 1 of 3, trust-both: every node trusts both authorities',
  reissue: 'phase 2 of 3, reissue: every node takes certificates of the new authority',
  'drop-old': 'phase 3 of 3, drop-old: no node trusts the old authority any more',
  done: 'done: the new authority is the only one',
  abort: 'called off: every node trusts the old authority alone again',
  aborted: 'was called off: the old authority is the only one',
};

const steps: Readonly<Record<MemberProgress['step'], string>> = {
  unheard: 'not heard of in this phase yet',
  files: 'its files of authorities',
  etcd: 'a restart of its etcd',
  certificates: 'its certificates',
  done: 'nothing: done',
};

export function phaseLine({ phase }: Pick<Rotation, 'phase'>): string {
  return `The change of authorities is ${phases[phase]}.`;
}

/** The whole of `--status` for people, and what a terminal shows while the command runs. */
export function rotationLines(state: RotationState, now: Date): readonly string[] {
  const { rotation } = state;
  if (rotation === null) {
    return ['The authorities of this cluster were never changed.', ...unheard(state)];
  }
  const progress = progressOf({ ...state, rotation }, now);
  const rows = progress.map(({ name, standing, step }) => [
    name,
    standing === null ? '-' : wordsOf(standing.files),
    standing?.etcd == null ? '-' : wordsOf(standing.etcd),
    standing === null ? '-' : wordsOf(standing.certificates),
    steps[step],
  ]);
  const header = ['MEMBER', 'FILES TRUST', 'ETCD TRUSTS', 'SHOWS', 'WAITS FOR'];
  return [
    phaseLine(rotation),
    ...(['old', 'new'] as const).map((which) => `  ${which}  ${authorityLine(rotation[which])}`),
    ...table(header, rows),
    ...progress.flatMap(problemLines),
  ];
}

export function problemLines({ name, problems }: Pick<MemberProgress, 'name' | 'problems'>) {
  return problems.map((problem) => harmless(`${name}: ${problem}`));
}

/** For programs. */
export function rotationJson(state: RotationState, now: Date) {
  const { rotation, members, reports, reissued } = state;
  const untold = members.map(({ id, name }) => ({
    memberId: id,
    name,
    step: reports.has(id) ? null : 'unheard',
    standing: null,
    problems: reports.get(id)?.problems ?? [],
  }));
  return {
    rotation,
    members: rotation === null ? untold : progressOf({ ...state, rotation }, now),
    reissued: Object.fromEntries(reissued),
  };
}

/** What became of each member since; nothing where a member is as before. */
export function newsOf(
  before: readonly MemberProgress[],
  after: readonly MemberProgress[],
): readonly string[] {
  const known = new Map(before.map((one) => [one.memberId, one]));
  return after.flatMap((one) => {
    const last = known.get(one.memberId);
    const isNew = (problem: string) => last?.problems.includes(problem) !== true;
    const problems = problemLines({ ...one, problems: one.problems.filter(isNew) });
    return last?.step === one.step
      ? problems
      : [harmless(`${one.name} waits for ${steps[one.step]}.`), ...problems];
  });
}

function unheard({ members, reports }: RotationState): readonly string[] {
  return members
    .filter(({ id }) => !reports.has(id))
    .map(({ id, name }) => harmless(`Member ${name || id} has not told whom it trusts.`));
}

function authorityLine({ certificate, fingerprint }: Rotation['old']): string {
  const [named] = readCertificates(certificate);
  const until = named?.notAfter.toISOString() ?? 'unknown';
  return harmless(`"${named?.subject ?? ''}" until ${until}, SHA-256 ${fingerprint}`);
}

/** `both`, or `new/old` where its parts differ. */
function wordsOf(parts: readonly string[]): string {
  const changed = parts.filter((part) => part !== 'neither' && part !== 'other');
  return [...new Set(changed)].sort().join('/') || 'another';
}
