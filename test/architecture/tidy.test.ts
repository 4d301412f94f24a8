import { describe, expect, test } from 'vitest';
import { projectFiles, readFiles } from './project-files.ts';
import {
  type Ban,
  findBanned,
  findLongFile,
  findLongFunctions,
  findWideLines,
} from './source-checks.ts';
import { findMarkers, findPrivateNames, findTitleProblems, findVagueNames } from './text-checks.ts';

const CLOCKS = /^src\/(node|gossip)\/(clock|random)[^/]*\.ts$|^src\/cli\//;
/** Wall time that the outside gives or wants: file ages, and the deadline of a gRPC call. */
const WALL_TIME =
  /^src\/(node|gossip)\/clock\.ts$|^src\/cli\/|^src\/etcd\/(binaries\/admit|client\/connection)\.ts$/;

const bans: readonly Ban[] = [
  {
    use: 'Math.random',
    instead: 'take the random source that is injected',
    allowedIn: new RegExp(`${CLOCKS.source}|^src/etcd/binaries/download\\.ts$`),
  },
  { use: 'Date.now', instead: 'take the clock that is injected', allowedIn: WALL_TIME },
  { use: 'new Date()', instead: 'take the clock that is injected', allowedIn: CLOCKS },
  {
    use: 'process.exit',
    instead: 'throw an E2dError',
    allowedIn: /^src\/cli\/(main|commands\/run)\.ts$/,
  },
  { use: 'console.*', instead: 'log through the logger, or print through the terminal of src/cli' },
];

/** What the charts may not touch: everything they know comes in events. */
const impurities: readonly Ban[] = [
  ...['Date', 'Math.random', 'performance'].map((use) => ({
    use,
    instead: 'it comes in an event',
  })),
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'].map((use) => ({
    use,
    instead: 'name a delay in the chart',
  })),
  ...['process', 'fetch', 'crypto', 'globalThis', 'console.*'].map((use) => ({
    use,
    instead: 'it is an effect: let src/ do it',
  })),
];

const CODE = /^(src|machines|bench)\/.*\.ts$/;
const TEXT = /\.(ts|cjs|json|md|mmd|yaml|yml|service|sh)$|^Dockerfile$|^\.ci\/|^\.[\w-]+$/;

describe('the code', () => {
  test('has functions that fit on a page', () => {
    expect(readFiles(CODE).flatMap(findLongFunctions)).toEqual([]);
  });

  test('has files of one subject', () => {
    expect(readFiles(CODE).flatMap(findLongFile)).toEqual([]);
  });

  test('keeps its lines short', () => {
    expect(readFiles(/\.ts$/).flatMap(findWideLines)).toEqual([]);
  });

  test('takes time, chance and output from where they belong', () => {
    const files = readFiles(/^src\/.*\.ts$/);
    expect(files.flatMap((file) => findBanned(file, bans))).toEqual([]);
  });

  test('is pure where it decides', () => {
    const files = readFiles(/^machines\/.*\.ts$/);
    expect(files.flatMap((file) => findBanned(file, impurities))).toEqual([]);
  });
});

describe('the project', () => {
  test('has no marker of unfinished work', () => {
    expect(readFiles(TEXT).flatMap(findMarkers)).toEqual([]);
  });

  test('names neither the machine it was written on nor the host of a registry', () => {
    expect(readFiles(TEXT).flatMap(findPrivateNames)).toEqual([]);
  });

  test('has no file or folder that could hold anything', () => {
    expect(projectFiles().flatMap(findVagueNames)).toEqual([]);
  });

  test('has documents with one title each', () => {
    expect(readFiles(/\.md$/).flatMap(findTitleProblems)).toEqual([]);
  });
});

describe('each of these checks', () => {
  const file = (text: string) => ({ path: 'src/node/x.ts', text });

  test('finds a long function, file and line', () => {
    const body = 'a();\n'.repeat(69);
    expect(findLongFunctions(file(`const f = () => {\n${body}};`))).toHaveLength(1);
    expect(findLongFunctions(file(`const f = () => {\n${body.slice(5)}};`))).toHaveLength(0);
    expect(findLongFile(file('a();\n'.repeat(401)))).toHaveLength(1);
    expect(findLongFile(file('a();\n'.repeat(400)))).toHaveLength(0);
    expect(findWideLines(file(`const text = '${'x'.repeat(101)}';`))).toEqual([]);
    expect(findWideLines(file(`ok\n// ${'x'.repeat(98)}`))).toEqual([
      'src/node/x.ts:2: 101 columns, at most 100',
    ]);
  });

  test.each([
    ['const now = Date.now;', 'Date.now'],
    ['f(new Date());', 'new Date()'],
    ['const r = () => Math.random();', 'Math.random'],
    ['process.exit(1);', 'process.exit'],
    ['console.log(1);', 'console.*'],
  ])('finds %s', (text, use) => {
    expect(findBanned(file(text), bans)).toEqual([expect.stringContaining(`:1: ${use}: `)]);
  });

  test.each([
    ['new Date();'],
    ['const t = Date.parse(x);'],
    ['process.env;'],
    ['return setTimeout(f, 1);'],
  ])('finds %s impure', (text) => {
    expect(findBanned(file(text), impurities)).toHaveLength(1);
  });

  test('lets be what only looks alike', () => {
    const text = 'new Date(0); // Date.now()\nconst text = "process.exit"; self.process.run();';
    expect(findBanned(file(text), [...bans])).toEqual([]);
    expect(findBanned(file('const p = { process: 1, fetch() {} };'), impurities)).toEqual([]);
    expect(findBanned({ path: 'src/node/clock.ts', text: 'Date.now();' }, bans)).toEqual([]);
  });

  test('finds markers, private names, vague names and titles', () => {
    const marker = ['FIX', 'ME'].join('');
    expect(findMarkers(file(`// ${marker}: later`))).toHaveLength(1);
    expect(findMarkers(file('// to do later'))).toHaveLength(0);
    expect(findPrivateNames(file(['see /wo', 'rk/main/x'].join('')))).toHaveLength(1);
    expect(findPrivateNames(file(['https://registry.npm', 'js.org/x'].join('')))).toHaveLength(1);
    expect(findVagueNames('src/etcd/utils/x.ts')).toHaveLength(1);
    expect(findVagueNames('src/etcd/helpers.ts')).toHaveLength(1);
    expect(findVagueNames('src/etcd/commonwealth.ts')).toHaveLength(0);
    expect(findTitleProblems(file('# A\n\n# B\n'))).toHaveLength(1);
    expect(findTitleProblems(file('# A\n\n```sh\n# a comment\n```\n'))).toHaveLength(0);
  });
});
