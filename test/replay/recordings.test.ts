import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import type { Entry } from '../../src/journal/entry.ts';
import { effectWords } from '../../src/journal/replay/divergence.ts';
import { replayRun } from '../../src/journal/replay/replay-run.ts';
import {
  type RecordedRun,
  readStory,
  recordingsFolder,
  storyBytes,
  storyFiles,
  storyFolder,
} from './read-story.ts';
import { readmeText } from './readme.ts';
import { storyNames } from './stories.ts';

const howToRenew =
  'a recording does not replay the same: if e2d is meant to behave otherwise now, ' +
  'run `npm run record` and commit what it writes; if not, this change breaks what it did';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-recordings-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function replayByCommand(...args: readonly string[]) {
  let said = '';
  const write = (text: string) => {
    said += text;
  };
  const exit = await runCli(['replay', ...args], { out: write, err: write, errIsTerminal: false });
  return { exit, said };
}

describe.each(storyNames)('%s', (name) => {
  let runs: readonly RecordedRun[] = [];
  beforeAll(async () => {
    runs = await readStory(name);
  });

  test('replays the same: every state, hash and effect of every run', async () => {
    for (const { file, divergence, steps, entries } of runs) {
      expect(divergence, `${file}: ${howToRenew}`).toBeNull();
      expect(steps.length).toBe(entries.length);
      expect(entries.length, `${file} tells a story`).toBeGreaterThan(5);
    }
    const { exit, said } = await replayByCommand(storyFolder(name));
    expect(exit, `${said}\n${howToRenew}`).toBe(0);
    expect(said.match(/entries replay the same/g)).toHaveLength(runs.length);
  });

  test.each([
    ['state', (entry: Entry) => ({ ...entry, state: 'active.running' })],
    ['context', (entry: Entry) => ({ ...entry, contextHash: '0123456789abcdef' })],
    ['effects', (entry: Entry) => ({ ...entry, effects: [{ kind: 'stop', id: 'x' } as const] })],
  ] as const)('every run with a doctored %s diverges there', (what, doctor) => {
    for (const { file, header, entries } of runs) {
      const middle = Math.ceil(entries.length / 2);
      const doctored = entries.map((entry) => (entry.seq === middle ? doctor(entry) : entry));
      const { divergence, entries: same } = replayRun(header, doctored);
      expect([divergence?.seq, divergence?.differs, same], file).toEqual([
        middle,
        [what],
        middle - 1,
      ]);
    }
  });

  test('every run behind a dropped entry diverges', () => {
    for (const { file, header, entries } of runs) {
      const middle = Math.ceil(entries.length / 2);
      const { divergence } = replayRun(
        header,
        entries.filter(({ seq }) => seq !== middle),
      );
      expect(divergence?.seq, file).toBe(middle + 1);
    }
  });

  test('a doctored file is named by the command, with the entry', async () => {
    const [run] = runs;
    const reasoned = run?.entries.findLast(({ effects }) =>
      effects.some((effect) => effectWords(effect).includes('(S')),
    );
    const lines = gunzipSync(readFileSync(run?.file ?? ''))
      .toString()
      .split('\n')
      .map((line) =>
        line.startsWith(`{"seq":${reasoned?.seq},`)
          ? line.replaceAll('"rule":"S', '"rule":"S9')
          : line,
      );
    const file = join(folder, `${name}.jsonl.gz`);
    await writeFile(file, gzipSync(lines.join('\n')));
    const { exit, said } = await replayByCommand(file);
    expect(exit).toBe(1);
    expect(said).toContain(`${run?.node}: the replay diverges at entry ${reasoned?.seq}, `);
  });

  test('is small, and names no folder but those that it was made in', () => {
    expect(storyBytes(name)).toBeLessThan(100 * 1024);
    for (const file of storyFiles(name)) {
      const text = gunzipSync(readFileSync(file)).toString();
      const paths = text.match(/(?<![\w/.])\/[a-z][\w.-]*\/[^"\s]*/g) ?? [];
      const own = /^\/tmp\/e2d-(cluster|record)-\w+\//;
      expect(paths.filter((path) => !own.test(path))).toEqual([]);
      expect(paths.length).toBeGreaterThan(0);
    }
  });
});

describe('the folder', () => {
  test('holds the stories and nothing else', () => {
    expect(readdirSync(recordingsFolder).sort()).toEqual([...storyNames, 'README.md'].sort());
  });

  test('says what is in it', async () => {
    const readme = readFileSync(join(recordingsFolder, 'README.md'), 'utf8');
    expect(readme, 'its README.md is stale: run `npm run record -- --index`').toBe(
      await readmeText(),
    );
  });
});
