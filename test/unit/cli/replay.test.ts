import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { charts } from '../../../machines/index.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import type { Entry } from '../../../src/journal/entry.ts';
import { definitionHash } from '../../../src/visualize/definition-hash.ts';
import { readChart } from '../../../src/visualize/read-chart.ts';
import { probe, type RecordedRun, removalRun, settledRun } from '../journal/replay/recorded-run.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-replay-'));
  await write('removal.jsonl', removalRun());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ownCharts = { node: definitionHash(readChart('node', charts.node)) };

function textOf(
  { segments }: Pick<RecordedRun, 'segments'>,
  doctor: (entry: Entry) => Entry = (entry) => entry,
): string {
  const [first] = segments;
  if (first === undefined) throw new Error('no segment');
  const header = { ...first.header, charts: ownCharts };
  const lines = [header, ...first.entries.map(doctor)];
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}

async function write(name: string, run: RecordedRun, doctor?: (entry: Entry) => Entry) {
  await writeFile(join(folder, name), textOf(run, doctor));
}

async function replay(...args: readonly string[]) {
  const said = { out: '', err: '' };
  const files = args.map((arg) => (/\.jsonl(\.gz)?$/.test(arg) ? join(folder, arg) : arg));
  const exit = await runCli(['replay', ...files], {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    errIsTerminal: false,
  });
  return { exit, ...said, lines: said.out.trimEnd().split('\n') };
}

describe('the check', () => {
  test('of what replays the same ends with 0', async () => {
    const { exit, out, err } = await replay('removal.jsonl');
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(out).toMatch(/^a: 67 entries replay the same, over 1m3.13s/);
  });

  test('of a doctored log ends with 1, and names entry, states and the effect', async () => {
    await write('doctored.jsonl', removalRun(), (entry) =>
      entry.seq === 66 ? { ...entry, state: 'active.running', effects: [] } : entry,
    );
    const { exit, out } = await replay('doctored.jsonl');
    expect(exit).toBe(1);
    expect(out).toContain('diverges at entry 66, 2026-01-02T10:01:02.130Z');
    expect(out).toContain('expected state: active.running\n');
    expect(out).toMatch(/actual state: {3}active.running.\(.*membership.removing\b/);
    expect(out).toContain('expected: none');
    expect(out).toContain('actual:   start remove (S11: member mc has been missing');
    expect(out).not.toContain("another version's chart");
    const json = await replay('--format', 'json', 'doctored.jsonl');
    expect(json.exit).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({
      ok: false,
      runs: [{ run: 'a', entries: 65, divergence: { seq: 66, differs: ['state', 'effects'] } }],
    });
  });

  test('says so where only the context differs', async () => {
    await write('hash.jsonl', removalRun(), (entry) =>
      entry.seq === 4 ? { ...entry, contextHash: 'f'.repeat(16) } : entry,
    );
    const { exit, out } = await replay('hash.jsonl');
    expect([exit, out]).toEqual([1, expect.stringContaining('Only the context differs')]);
    expect((await replay('--until', '3', 'hash.jsonl')).exit).toBe(0);
    expect((await replay('--from', '5', 'hash.jsonl')).exit).toBe(0);
  });

  test('of another version’s log says that a divergence is to be expected', async () => {
    const text = textOf(removalRun(), (entry) => ({ ...entry, contextHash: 'f'.repeat(16) }));
    await writeFile(join(folder, 'other.jsonl'), text.replace(ownCharts.node, 'another'));
    const { exit, out } = await replay('other.jsonl');
    expect([exit, out]).toEqual([1, expect.stringContaining("another version's chart")]);
    const states = await replay('--states', 'other.jsonl');
    expect(states.lines).toEqual((await replay('--states', 'removal.jsonl')).lines);
  });

  test('reads compressed logs, puts up with a torn end, and says so', async () => {
    const text = textOf(removalRun());
    await writeFile(join(folder, 'whole.jsonl.gz'), gzipSync(text));
    expect((await replay('whole.jsonl.gz')).exit).toBe(0);
    await writeFile(join(folder, 'torn.jsonl'), text.slice(0, -40));
    const { exit, out, err } = await replay('torn.jsonl');
    expect([exit, out]).toEqual([0, expect.stringContaining('a: 66 entries replay the same')]);
    expect(err).toContain('ends in the middle of line 68');
  });

  test('of a log without entries has nothing to say', async () => {
    const [header = ''] = textOf(settledRun()).split('\n');
    await writeFile(join(folder, 'begun.jsonl'), `${header}\n`);
    const { exit, out } = await replay('begun.jsonl');
    expect([exit, out]).toEqual([0, 'The logs hold no entry.\n']);
  });
});

describe('--states', () => {
  test('has one line for each transition, in columns, of all nodes by wall time', async () => {
    await write('b.jsonl', settledRun({}, 'node-b', '2026-01-02T10:00:00.015Z'));
    const { exit, lines } = await replay('--states', 'removal.jsonl', 'b.jsonl');
    expect(exit).toBe(0);
    expect(lines.map((line) => line.slice(25, 39))).toEqual(
      ['a:1', 'node-b:1', 'a:2', 'a:3', 'node-b:2', 'node-b:3', 'a:4', 'node-b:4', 'a:6', 'a:66']
        .map((one) => one.split(':'))
        .map(([node = '', seq = '']) => `${node.padEnd(6)} ${seq.padStart(6)} `),
    );
    expect(lines.at(-1)).toMatch(
      /^2026-01-02T10:01:02.130Z a {10}66 members.observed {11}membership.suspecting → membership.removing .*S11: member mc/,
    );
  });

  test('begins and ends where it is told to', async () => {
    const seqs = async (...args: string[]) => {
      const { lines } = await replay('--states', ...args, 'removal.jsonl');
      return lines.map((line) => Number(line.slice(26, 33)));
    };
    expect(await seqs('--from', '3', '--until', '6')).toEqual([3, 4, 6]);
    expect(await seqs('--from', '2s')).toEqual([6, 66]);
    expect(await seqs('--until', '10:01:02.1')).toEqual([1, 2, 3, 4, 6]);
    expect(await seqs('--from', '2026-01-02T10:01:00Z')).toEqual([66]);
  });

  test('is JSON lines for a program', async () => {
    const { lines } = await replay('--states', '--format', 'json', 'removal.jsonl');
    const records = lines.map((line) => JSON.parse(line));
    expect(records).toHaveLength(6);
    expect(records[5]).toMatchObject({ seq: 66, effects: [{ reason: { rule: 'S11' } }] });
  });
});

describe('--why', () => {
  test('tells the event, the decision with its facts and rule, and what changed', async () => {
    const { exit, out } = await replay('--why', '66', 'removal.jsonl');
    expect(exit).toBe(0);
    expect(out).toContain('2 of 3 members answered to the sweep.');
    expect(out).toContain('act by restart-existing, as decided at entry 2');
    expect(out).toContain('ownData = readable');
    expect(out).toContain('[removalIsDue] (S11)');
    expect(out).toContain('S11: A member is removed only on lasting, independent evidence');
    expect(out).toContain('start remove (S11: member mc has been missing for 60000 ms');
    expect(out).toMatch(/Changed +suspicions: .* → /);
    const json = JSON.parse((await replay('--why', '66', '--format=json', 'removal.jsonl')).out);
    expect(json).toMatchObject({ seq: 66, decision: { rule: 'S9' }, decidedAtSeq: 2 });
  });

  test('behind a divergence tells what was recorded', async () => {
    await write('early.jsonl', removalRun(), (entry) =>
      entry.seq === 3 ? { ...entry, state: 'elsewhere' } : entry,
    );
    const { exit, out, err } = await replay('--why', '66', 'early.jsonl');
    expect([exit, out]).toEqual([1, expect.stringContaining('start remove (S11')]);
    expect(err).toContain('diverges at entry 3');
  });
});

describe('a picture', () => {
  test('marks the states that were active', async () => {
    const { out } = await replay('--format', 'mermaid', '--until', '4', 'removal.jsonl');
    expect(out).toMatch(/class .*node_active_running_etcd_up_healthy.* active/);
    expect(out).not.toMatch(/class .*node_preparing.* active/);
    const svg = (await replay('--svg', 'removal.jsonl')).out;
    expect(svg).toMatch(
      /class="[^"]*\bactive\b[^"]*" data-state="node.active.running.membership.removing"/,
    );
    expect(svg).toContain('entry 67');
    const file = join(folder, 'then.svg');
    expect((await replay(`--svg=${file}`, 'removal.jsonl')).out).toBe('');
    expect(await readFile(file, 'utf8')).toBe(svg);
  });

  test('is of one node', async () => {
    await write('c.jsonl', settledRun({}, 'c'));
    const { exit, err } = await replay('--svg', 'removal.jsonl', 'c.jsonl');
    expect([exit, err]).toEqual([2, expect.stringContaining('these logs are of a, c')]);
  });
});

describe('--what-if', () => {
  test('prints the first decision that differs, both sides', async () => {
    const { exit, out } = await replay('--what-if', 'health-check-timeout=20s', 'removal.jsonl');
    expect(exit).toBe(0);
    expect(out).toMatch(/^a would have done otherwise at entry 26, 2026-01-02T10:00:22.130Z/);
    expect(out).toMatch(/State, as recorded\n.*membership.suspecting/);
    expect(out).toMatch(/State, with --what-if\n.*membership.removing/);
    expect(out).toMatch(/Effects, with --what-if\n {2}start remove \(S11: .*20000 ms/);
  });

  test('says for how many entries nothing differs', async () => {
    const { exit, out } = await replay('--what-if', 'learner-timeout=1h', 'removal.jsonl');
    const said = 'Nothing would have differed in 67 entries, with learner-timeout=1h.\n';
    expect([exit, out]).toEqual([0, said]);
  });
});

describe('bad input ends with 2 and a clear sentence', () => {
  test.each([
    [[], '"e2d replay" needs FILE, none was given.'],
    [['--until', 'soon', 'removal.jsonl'], '--until "soon" must be a sequence number'],
    [['--until', '900', 'removal.jsonl'], 'There is no entry 900 of a in these logs'],
    [['--from', '2030-01-01', 'removal.jsonl'], 'no entry at 2030-01-01T00:00:00.000Z'],
    [['--why', 'z:3', 'removal.jsonl'], 'There is no run z in these logs, only a.'],
    [['--what-if', 'log-level=info', 'removal.jsonl'], 'These are: required-cluster-size,'],
    [['--what-if', 'n=2', 'removal.jsonl'], '--what-if n "2" must be 1, 3, 5 or 7.'],
    [['--what-if', 'n', 'removal.jsonl'], 'must be KEY=VALUE'],
    [['--states', '--why', '3', 'removal.jsonl'], 'Only one of --states, --why'],
    [['--why', '3', '--until', '4', 'removal.jsonl'], '--why is a moment itself'],
    [['--svg', '--format', 'json', 'removal.jsonl'], '--svg cannot be --format json too.'],
    [['none.jsonl'], 'cannot be read'],
  ])('%j', async (args, sentence) => {
    const { exit, out, err } = await replay(...args);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toContain(sentence);
  });

  test('an entry of two runs must say whose it is', async () => {
    await write('two.jsonl', settledRun({}, 'a', '2026-01-02T11:00:00.000Z'));
    const { exit, err } = await replay('--why', '3', 'removal.jsonl', 'two.jsonl');
    expect([exit, err]).toEqual([2, expect.stringContaining('Entry 3 is in 2 runs: a#1, a#2.')]);
    const { out } = await replay('--why', 'a#2:3', 'removal.jsonl', 'two.jsonl');
    expect(out).toMatch(/^Entry 3 of a#2, 2026-01-02T11:00:00.030Z/);
  });
});

test('a run is one line for each segment file given, in any order', async () => {
  const run = removalRun().cut();
  run.after(10).send(probe());
  const [first, second] = run.segments;
  if (!first || !second) throw new Error('no segments');
  await writeFile(join(folder, '1.jsonl'), textOf({ segments: [first] }));
  await writeFile(join(folder, '2.jsonl'), textOf({ segments: [second] }));
  const { exit, out } = await replay('2.jsonl', '1.jsonl');
  expect([exit, out]).toEqual([0, expect.stringMatching(/^a: 68 entries replay the same/)]);
});
