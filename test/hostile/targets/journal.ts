import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { decodeHeader, decodeLine, LineProblem } from '../../../src/journal/decode-line.ts';
import type { Entry, Header } from '../../../src/journal/entry.ts';
import { readLog } from '../../../src/journal/read-log.ts';
import { explainRecorded } from '../../../src/journal/replay/explain-entry.ts';
import { replayRun } from '../../../src/journal/replay/replay-run.ts';
import { mergeRuns } from '../../../src/journal/replay/timeline.ts';
import { parseSegmentName } from '../../../src/journal/segment-name.ts';
import type { Target } from '../fuzz.ts';

const folder = new URL('../../replay/recordings/', import.meta.url);
const logs = readdirSync(folder)
  .filter((name) => !name.includes('.'))
  .flatMap((name) => readdirSync(new URL(`${name}/`, folder)).map((file) => `${name}/${file}`))
  .map((path) => readFileSync(new URL(path, folder)));
const texts = logs.map((log) => gunzipSync(log).toString('utf8'));
const lines = texts.flatMap((text) => {
  const all = text.trimEnd().split('\n');
  return [all[0] ?? '', ...all.filter((_, index) => index % 17 === 1)];
});
const heads = texts.map((text) => text.split('\n').slice(0, 40).join('\n'));

/** A whole segment in which one line was changed is one that a replay has to look into. */
const decoding: Target = {
  name: 'event log lines',
  corpus: lines.filter((line) => line.length < 20_000),
  syntax: 'json',
  feed(input) {
    const line = decodeLine(input);
    const header = decodeHeader(input);
    const problem = [line, header].find((one) => one instanceof LineProblem);
    if (problem !== undefined && problem.problem.length > 500) throw new Error('a long problem');
    if (line instanceof LineProblem || 'again' in line) return;
    explainRecorded(line, null);
  },
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

async function replay(bytes: Uint8Array): Promise<void> {
  let header: Header | null = null;
  let entries: Entry[] = [];
  const run = () => (header === null ? null : replayRun(header, entries));
  const log = () => readLog({ name: 'x.jsonl', bytes: once(bytes) });
  for await (const line of log()) {
    if ('format' in line) {
      run();
      [header, entries] = [line, []];
    } else {
      entries.push(line);
    }
  }
  run();
  const timeline = await mergeRuns([{ lines: log }]);
  for await (const instant of timeline.instants) explainRecorded(instant.entry, null);
}

const segments: Target = {
  name: 'event log segments',
  corpus: [...heads, ...logs.filter((log) => log.length < 12_000)],
  words: ['{"seq":', '"again":1', '\n{"seq":2,"atMs":5,"again":1}\n', '"type":"xstate.init"'],
  maxMs: 2000,
  feed: (input, random) => replay(random.chance(0.2) ? gzipSync(input, { level: 1 }) : input),
};

/** The syntax stays whole, and so the chart itself is given what no e2d recorded. */
const replays: Target = {
  name: 'event log replays',
  corpus: lines.filter((line) => line.startsWith('{"seq"') && line.length < 20_000),
  syntax: 'json',
  maxMs: 2000,
  feed(input, random) {
    const head = random.pick(heads).split('\n');
    const at = random.integer(1, Math.min(head.length, 12));
    const own = random.chance(0.5) ? withSeq(input, at) : input;
    return replay(
      Buffer.from([...head.slice(0, at), Buffer.from(own), ...head.slice(at)].join('\n')),
    );
  },
};

/** The next one in its order, so that it is taken in. */
function withSeq(line: Uint8Array, seq: number): Buffer {
  return Buffer.from(
    Buffer.from(line)
      .toString('utf8')
      .replace(/"seq":-?[\d.e+]+/, `"seq":${seq}`),
  );
}

const segmentNames: Target = {
  name: 'segment names',
  corpus: ['20261121T100000Z-53e189a2fad4cd16-0001.jsonl', '20261121T100000Z-a-0001.jsonl.gz'],
  words: ['-0001', '.jsonl', '../'],
  feed: (input) => parseSegmentName(Buffer.from(input).toString('utf8')),
};

export const journalTargets: readonly Target[] = [decoding, segments, replays, segmentNames];
