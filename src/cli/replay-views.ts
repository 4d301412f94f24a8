import { Explainer, type Explanation, explainRecorded } from '../journal/replay/explain-entry.ts';
import type { Folded } from '../journal/replay/run-fold.ts';
import type { Instant, NamedRun, Timeline } from '../journal/replay/timeline.ts';
import { type ConductDifference, WhatIf } from '../journal/replay/what-if.ts';
import type { Chart } from '../visualize/chart.ts';
import { type Place, placeOf } from './replay-moment.ts';
import { chunked } from './replay-output.ts';
import { type PassOptions, passOver, type RunVerdict } from './replay-pass.ts';
import { pictureAt, refuseSeveralNodes, writePicture } from './replay-picture.ts';
import type { ReplayProgress } from './replay-progress.ts';
import type { View } from './replay-request.ts';
import { isTransition, stateLines, stateRecord } from './replay-states.ts';
import { verdictLines, verdictRecord } from './replay-verdict.ts';
import { differenceRecord, renderDifference } from './replay-what-if.ts';
import { whyLines, whyRecord } from './replay-why.ts';

/** What every view is made of. */
export interface Answering {
  readonly timeline: Timeline;
  readonly from: Place | undefined;
  readonly until: Place | undefined;
  readonly chart: Chart;
  /** Of this version's chart. */
  readonly chartHash: string;
  readonly asJson: boolean;
  readonly out: (text: string) => void;
  readonly progress: ReplayProgress;
}

/** Replays, and writes the view that was asked for. @throws E2dError for what is not there. */
export async function answer(view: View, with_: Answering): Promise<readonly RunVerdict[]> {
  switch (view.kind) {
    case 'check':
      return check(with_);
    case 'states':
      return states(with_);
    case 'why':
      return why({ ...with_, until: placeOf(view.moment, with_.timeline) });
    case 'picture':
      return picture(view, with_);
    case 'what-if':
      return whatIf(view, with_);
  }
}

function passOf(
  { timeline, from, until, progress }: Answering,
  visiting: Pick<PassOptions, 'visit' | 'isOver'> = {},
): Promise<readonly RunVerdict[]> {
  return passOver(timeline, { from, until, ...visiting, onProgress: progress.count });
}

async function check(with_: Answering): Promise<readonly RunVerdict[]> {
  const { asJson, chartHash, out, progress } = with_;
  const verdicts = await passOf(with_);
  progress.end();
  if (asJson) {
    const ok = verdicts.every(({ divergence }) => divergence === null);
    out(json({ ok, runs: verdicts.map((verdict) => verdictRecord(verdict, chartHash)) }));
  } else {
    const nothing = verdicts.length === 0 ? ['The logs hold no entry.'] : [];
    out(text([...nothing, ...verdicts.flatMap((verdict) => verdictLines(verdict, chartHash))]));
  }
  return verdicts;
}

async function states(with_: Answering): Promise<readonly RunVerdict[]> {
  const { asJson, timeline, out } = with_;
  const columns = process.stdout.isTTY === true ? process.stdout.columns : null;
  const line = stateLines(timeline.runs, columns);
  const lines = chunked(out);
  const visit = (instant: Instant, _: unknown, before: string | null) => {
    if (!isTransition(instant, before)) return;
    lines.add(asJson ? JSON.stringify(stateRecord(instant, before)) : line(instant, before));
  };
  const verdicts = await passOf(with_, { visit });
  lines.end();
  return verdicts;
}

async function why(with_: Answering): Promise<readonly RunVerdict[]> {
  const { asJson, chart, out, progress } = with_;
  const explainers = new Map<NamedRun, Explainer>();
  const latest: { at: Visited | null } = { at: null };
  const visit = (instant: Instant, folded: Folded | null, before: string | null) => {
    const explainer = explainers.get(instant.run) ?? new Explainer();
    explainers.set(instant.run, explainer);
    if (folded !== null) explainer.note(folded);
    latest.at = { instant, folded, before };
  };
  const verdicts = await passOf(with_, { visit });
  progress.end();
  if (latest.at === null) return verdicts;
  const { instant, folded, before } = latest.at;
  const explainer = explainers.get(instant.run) ?? new Explainer();
  const explanation: Explanation =
    folded === null ? explainRecorded(instant.entry, before) : explainer.explain(folded);
  out(asJson ? json(whyRecord(instant, explanation)) : text(whyLines(instant, explanation, chart)));
  return verdicts;
}

interface Visited {
  readonly instant: Instant;
  readonly folded: Folded | null;
  readonly before: string | null;
}

async function picture(
  { format, file }: Extract<View, { kind: 'picture' }>,
  with_: Answering,
): Promise<readonly RunVerdict[]> {
  const { timeline, chart, out, progress } = with_;
  refuseSeveralNodes(timeline);
  const latest: { at: Visited | null } = { at: null };
  const visit = (instant: Instant, folded: Folded | null, before: string | null) => {
    latest.at = { instant, folded, before };
  };
  const verdicts = await passOf(with_, { visit });
  progress.end();
  if (latest.at === null) return verdicts;
  const { instant, folded } = latest.at;
  const decision = folded?.snapshot.context.decision ?? null;
  const drawn = await pictureAt(format, chart, { instant, decision });
  if (file === null) out(drawn);
  else await writePicture(file, drawn);
  return verdicts;
}

async function whatIf(
  { change, texts }: Extract<View, { kind: 'what-if' }>,
  with_: Answering,
): Promise<readonly RunVerdict[]> {
  const { asJson, out, progress } = with_;
  const others = new Map<NamedRun, WhatIf>();
  const first: { found: Difference | null } = { found: null };
  const visit = (instant: Instant, folded: Folded | null) => {
    if (folded === null) return;
    const other = others.get(instant.run) ?? new WhatIf(change);
    others.set(instant.run, other);
    const difference = other.take(instant.header, folded);
    if (difference !== null) first.found = { instant, difference };
  };
  const verdicts = await passOf(with_, { visit, isOver: () => first.found !== null });
  progress.end();
  const entries = verdicts.reduce((sum, { same }) => sum + same, 0);
  const { found } = first;
  const record = found === null ? null : differenceRecord(found.instant, found.difference);
  if (asJson) out(json({ whatIf: texts, entries, difference: record }));
  else if (found !== null) out(text(renderDifference(found.instant, found.difference)));
  else out(`Nothing would have differed in ${entries} entries, with ${texts.join(' and ')}.\n`);
  return verdicts;
}

interface Difference {
  readonly instant: Instant;
  readonly difference: ConductDifference;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
