import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { rules } from '../../machines/rules.ts';
import { catcherOf, type Guard, takeOut } from '../guards/guard.ts';
import { guards, rulesWithoutGuards } from '../guards/guards.ts';
import { renderTable, tablePath } from '../guards/table.ts';
import { baselineDoubts, doubtOf } from '../guards/verdict.ts';
import { projectFolder, readProjectFile } from './project-files.ts';

const exists = (path: string): boolean => existsSync(projectFolder + path);

/** Whether a test of this name is in the text, literally or by a title with placeholders. */
function holdsTest(text: string, name: string): boolean {
  if (text.includes(name)) return true;
  const titles = [...text.matchAll(/'([^'\n]*%[sdij][^'\n]*)'/g)].map(([, title = '']) => title);
  return titles.some((title) => {
    const parts = title.split(/%[sdij]/).map((part) => part.replaceAll(/[^\w\s]/g, '\\$&'));
    return new RegExp(`^${parts.join('.+')}$`).test(name);
  });
}

/** What is wrong with an entry of the list, by the files alone. */
function problemsOf(guard: Guard): readonly string[] {
  const { id, rule, file, find, without } = guard;
  const { file: testFile, test: name } = catcherOf(guard);
  if (!exists(file)) return [`${id}: there is no ${file}`];
  if (!exists(testFile)) return [`${id}: there is no ${testFile}`];
  const times = readProjectFile(file).split(find).length - 1;
  return [
    ...(id.startsWith(`${rule}-`) ? [] : [`${id}: its id does not begin with ${rule}-`]),
    ...(times === 1 ? [] : [`${id}: ${file} has its text ${times} times, not once`]),
    ...(find === without ? [`${id}: nothing is taken out`] : []),
    ...('seed' in guard.caughtBy || holdsTest(readProjectFile(testFile), name)
      ? []
      : [`${id}: ${testFile} has no test "${name}"`]),
  ];
}

describe('the list of guards', () => {
  test('names code and tests that are there', () => {
    expect(guards.flatMap(problemsOf)).toEqual([]);
  });

  test('has each id once', () => {
    const ids = guards.map(({ id }) => id);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });

  test('covers every rule, or says why it cannot', () => {
    const covered = new Set(guards.map(({ rule }) => rule));
    const excused = new Set(Object.keys(rulesWithoutGuards));
    for (const rule of Object.keys(rules)) {
      expect([rule, covered.has(rule as never) !== excused.has(rule)]).toEqual([rule, true]);
    }
  });

  test('is what the page shows: run `npm run test:guards -- --write` when this fails', () => {
    expect(exists(tablePath) && readProjectFile(tablePath) === renderTable()).toBe(true);
  });
});

const [known] = guards as [Guard];

/** Proves guards in a process of its own: vitest does not run within vitest. */
function prove(list: readonly Guard[]): unknown {
  const script = `
    import { proveGuards } from './test/guards/prove.ts';
    const proofs = await proveGuards(JSON.parse(process.env.E2D_GUARDS));
    process.stdout.write(JSON.stringify(proofs));
    process.exitCode = 0;`;
  const outer = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV)/.test(name));
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    {
      cwd: projectFolder,
      encoding: 'utf8',
      env: { ...Object.fromEntries(outer), E2D_GUARDS: JSON.stringify(list) },
    },
  );
  if (status !== 0) throw new Error(`the proof ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

test('a few guards are taken out for real, and one that nothing would miss is named', () => {
  const sample = guards.filter(({ id }) =>
    ['S2-own-data-first', 'S7-unanimous', 'S11-time-out'].includes(id),
  );
  const idle = { ...known, id: 'idle', without: `${known.find} /* nothing is taken out */` };
  expect(prove([...sample, idle])).toMatchObject({
    baseline: [],
    proofs: [
      { doubt: null },
      { doubt: null },
      { doubt: null },
      { guard: { id: 'idle' }, doubt: expect.stringContaining('nothing notices that it is gone') },
    ],
  });
}, 60_000);

describe('each of these checks', () => {
  const { test: name } = catcherOf(known);
  const seen = { isTakenOut: true, broken: [], passed: [], failed: [`x > ${name}`] };

  test.each<[string, Partial<Parameters<typeof doubtOf>[1]>, RegExp]>([
    ['whose test passes without it', { failed: [], passed: [name] }, /nothing notices/],
    ['whose test is not there', { failed: ['x > another'] }, /has no test/],
    ['whose file the test does not load', { isTakenOut: false }, /does not load/],
    ['that cannot be taken out without breaking the file', { broken: ['a.ts'] }, /proves nothing/],
  ])('doubts a guard %s', (_, changes, doubt) => {
    expect(doubtOf(known, seen)).toBeNull();
    expect(doubtOf(known, { ...seen, ...changes })).toMatch(doubt);
  });

  test('doubts tests that fail, or do not run, while all guards are in place', () => {
    const well = { broken: [], passed: [`x > ${name}`], failed: [] };
    expect(baselineDoubts([known], well)).toEqual([]);
    expect(baselineDoubts([known], { ...well, failed: ['y'] })).toHaveLength(1);
    expect(baselineDoubts([known], { ...well, passed: [] })).toHaveLength(1);
    expect(baselineDoubts([known], { ...well, broken: ['a.ts'] })).toHaveLength(1);
  });

  test('takes out what is there once, and nothing else', () => {
    const guard = { ...known, find: 'b', without: 'x' };
    expect(takeOut(guard, 'abc')).toBe('axc');
    expect(() => takeOut(guard, 'abcb')).toThrow(/2 times/);
    expect(() => takeOut(guard, 'ac')).toThrow(/0 times/);
  });

  test('finds entries that name what is not there', () => {
    const caughtBy = { file: 'test/architecture/guards.test.ts', test: ['no such', 'name'].join() };
    expect(problemsOf({ ...known, caughtBy })).toHaveLength(1);
    expect(problemsOf({ ...known, file: 'machines/nowhere.ts' })).toHaveLength(1);
    expect(problemsOf({ ...known, find: 'nowhere in that file' })).toHaveLength(1);
    expect(problemsOf({ ...known, without: known.find })).toHaveLength(1);
    expect(problemsOf({ ...known, rule: 'S21' })).toHaveLength(1);
  });

  test('reads titles with placeholders', () => {
    expect(holdsTest("test.each(rows)('of %i, %s', f)", 'of 3, b')).toBe(true);
    expect(holdsTest("test.each(rows)('of %i, %s', f)", 'of 3')).toBe(false);
  });
});
