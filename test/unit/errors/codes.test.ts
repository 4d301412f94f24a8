import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { codes } from '../../../src/errors/codes.ts';

const root = fileURLToPath(new URL('../../../src/', import.meta.url));
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/errors\/(codes|snapshot-codes)\.ts$/.test(path))
  .map((path) => readFileSync(root + path, 'utf8'));

/** Codes that end the process as the table says, for their thrower asks it. */
const ofTheTable = sources
  .flatMap((source) => [...source.matchAll(/'(E2D_PKI_[A-Z]+)'/g)])
  .map(([, code = '']) => ({ code, exit: codes[code]?.exit ?? 0 }));

/** Each place that throws a code, with the options around it. */
const placed = sources.flatMap((source) =>
  [...source.matchAll(/\{[^{}]*code: '(E2D_[A-Z_]+)'(?:[^{}]|\{[^{}]*\})*\}/g)].map(
    ([options, code = '']) => ({ code, exit: options.includes('exit: 2') ? 2 : 1 }),
  ),
);
const thrown = [...placed, ...ofTheTable];

test('the table holds the codes that are thrown, and no others', () => {
  const used = new Set(thrown.map(({ code }) => code));
  expect(Object.keys(codes)).toEqual([...used].sort());
});

test.each(Object.entries(codes))('%s ends the process as it is thrown', (code, { exit }) => {
  const exits = thrown.filter((place) => place.code === code).map((place) => place.exit);
  expect(Math.max(...exits)).toBe(exit);
});

test.each(Object.entries(codes))('%s is told in sentences', (_, { sentence, remedy }) => {
  for (const text of [sentence, remedy]) expect(text).toMatch(/^(?:[A-Z"]|etcd|e2d).*\.$/);
});
