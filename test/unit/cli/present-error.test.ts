import { expect, test } from 'vitest';
import { presentError } from '../../../src/cli/present-error.ts';
import { codes } from '../../../src/errors/codes.ts';
import { E2dError } from '../../../src/errors/e2d-error.ts';

const cause = new Error('disk full', { cause: 'ENOSPC' });
const expected = new E2dError('It failed.', { code: 'E2D_X', remedy: 'Free some space.', cause });

test('an expected failure is a sentence and a remedy', () => {
  expect(presentError(expected, { verbose: false })).toBe('e2d: It failed.\nFree some space.\n');
  const bare = new E2dError('It failed.', { code: 'E2D_X' });
  expect(presentError(bare, { verbose: false })).toBe('e2d: It failed.\n');
});

test('the remedy of the code stands in', () => {
  const refused = new E2dError('It is 5.', { code: 'E2D_REFUSED' });
  expect(presentError(refused, { verbose: false })).toBe(
    `e2d: It is 5.\n${codes['E2D_REFUSED']?.remedy}\n`,
  );
});

test('verbose adds code, place and every cause', () => {
  const lines = presentError(expected, { verbose: true }).split('\n');
  const withoutFrames = lines.filter((line) => !line.startsWith('    at '));
  expect(withoutFrames).toEqual([
    'e2d: It failed.',
    'Free some space.',
    'code: E2D_X',
    'caused by: disk full',
    'caused by: ENOSPC',
    '',
  ]);
  expect(lines.length).toBeGreaterThan(withoutFrames.length);
});

test('causes that go in a circle end', () => {
  const first = new Error('a');
  first.cause = first;
  expect(presentError(first, { verbose: true }).match(/caused by/g)).toHaveLength(10);
});

test('an unexpected failure is called a defect', () => {
  expect(presentError(new TypeError('x is undefined'), { verbose: false })).toBe(
    'e2d: unexpected failure: x is undefined\n' +
      'This is a defect of e2d; --verbose shows where it happened.\n',
  );
  expect(presentError('thrown text', { verbose: true })).toBe(
    'e2d: unexpected failure: thrown text\n',
  );
});
