import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { processTerminal } from '../../../src/cli/terminal.ts';

function streams(isTTY: boolean) {
  const [stdout, stderr] = [0, 1].map(() => Object.assign(new PassThrough(), { isTTY }));
  if (stdout === undefined || stderr === undefined) throw new Error('no streams');
  return { stdout, stderr };
}

const hostile = 'a\u001b]0;title\u0007b\u001b[2Jc\u009b31md\u202ee\u0000';
const own = '\u001b[1;31mred\u001b[0m\tb\n\r\u001b[K';

test('nothing that a command tells steers a terminal, but for what e2d itself draws', () => {
  const { stdout, stderr } = streams(true);
  const terminal = processTerminal({ stdout, stderr });
  terminal.out(`${hostile}${own}`);
  terminal.err(`${hostile}${own}`);
  for (const stream of [stdout, stderr]) {
    expect(stream.read().toString()).toBe(`a?]0;title?b?[2Jc?31md?e?${own}`);
  }
});

test('files and programs are given it as it is', () => {
  const { stdout, stderr } = streams(false);
  processTerminal({ stdout, stderr }).out(hostile);
  expect(stdout.read().toString()).toBe(hostile);
});
