import { expect, test } from 'vitest';
import { styledLine } from '../../../src/terminal/styled-line.ts';

const parts = [
  { text: 'üben ', sgr: '' },
  { text: 'node', sgr: '1;36' },
];

test.each([
  [9, 'üben node'],
  [8, 'üben no…'],
  [5, 'üben…'],
  [1, '…'],
  [0, ''],
])('on %i columns', (columns, shown) => {
  expect(styledLine(parts, { columns, colour: false })).toBe(shown);
});

test('styles what is shown of a part, and ends the style behind it', () => {
  const shown = 'üben \u001b[1;36mno\u001b[0m…';
  expect(styledLine(parts, { columns: 8, colour: true })).toBe(shown);
  expect(styledLine(parts, { columns: 5, colour: true })).toBe('üben…');
});
