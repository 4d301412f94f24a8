import { describe, expect, test } from 'vitest';
import { toolFailure, toolSentence } from '../../../../src/etcd/offline/tool-failure.ts';

const end = { code: 1, signal: null, stdout: '' };
const codeOf = (stderr: string, over = {}) =>
  toolFailure('/bin/etcdutl', '/tmp/s.db', { ...end, ...over, stderr }).code;

describe('what the tool says', () => {
  test.each([
    ['info\trestoring\nError: invalid database\n', 'invalid database'],
    ['panic: freepages: failed to get all reachable pages\n', /^panic: freepages/],
    [
      'unexpected fault address 0x7f\nfatal error: fault\n[signal SIGBUS]\n',
      'it refers to pages that are not in it',
    ],
    [
      'Error: expected sha256 [1 2 3], got [4 5 6]\n',
      'the SHA-256 of its content is not the one at its end',
    ],
    ['', 'exit code 1'],
    [`Error: ${'x'.repeat(1_000)}`, /^x{199}…$/],
  ])('%j is one short sentence', (stderr, sentence) => {
    expect(toolSentence({ ...end, stderr })).toMatch(sentence);
  });
});

describe('a failure of the tool', () => {
  test.each([
    ['Error: invalid database'],
    ['fatal error: fault'],
    ['panic: assertion failed: page 2: has unexpected type/flags: ffff'],
    ['Error: snapshot missing hash but --skip-hash-check=false'],
    ['Error: expected sha256 [1], got [2]'],
  ])('%j is the fault of the snapshot', (stderr) => {
    expect(codeOf(stderr)).toBe('E2D_SNAPSHOT_CORRUPT');
  });

  test.each([
    ['Error: write /var/lib/e2d/member/snap/db: no space left on device'],
    ['panic: write db: disk quota exceeded'],
    ['Error: open s.db: permission denied'],
    ['Error: cannot allocate memory'],
    ['fatal error: runtime: out of memory'],
    ['Error: unknown flag: --bump-revision'],
  ])('%j is not', (stderr) => {
    expect(codeOf(stderr)).toBe('E2D_RESTORE_FAILED');
  });

  test('is not when something else killed it', () => {
    const killed = { code: null, signal: 'SIGKILL' };
    expect(codeOf('', killed)).toBe('E2D_RESTORE_FAILED');
  });
});
