import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { classifyExit } from '../../../../src/etcd/process/classify-exit.ts';
import { clusterIdMismatch } from '../../../../src/etcd/process/log-words.ts';

const logs = join(import.meta.dirname, '../../../fixtures/etcd-logs');

/**
 * Folder name is the kind that etcd's real log must be recognised as; how it ended is the kernel's.
 */
const exits: Record<string, { code: number | null; signal: string | null }> = {
  stopped: { code: null, signal: 'SIGTERM' },
  killed: { code: null, signal: 'SIGKILL' },
  crashed: { code: 2, signal: null },
  'removed-from-cluster': { code: 0, signal: null },
};
const adopted = { code: null, signal: null };

function fixtures(kind: string): { file: string; text: string }[] {
  return readdirSync(join(logs, kind)).map((file) => ({
    file,
    text: readFileSync(join(logs, kind, file), 'utf8'),
  }));
}

function fixture(kind: string, start: string): string {
  const found = fixtures(kind).filter(({ file }) => file.startsWith(start));
  expect(found.length).toBeGreaterThan(0);
  return found[0]?.text ?? '';
}

const kinds = readdirSync(logs).filter((kind) => kind !== 'cluster-id-mismatch');

describe.each(kinds)('a log of %s', (kind) => {
  test.each(fixtures(kind))('$file', ({ text }) => {
    const reason = classifyExit(exits[kind] ?? { code: 1, signal: null }, text);
    expect(reason.kind).toBe(kind);
    expect(reason.sentence).toMatch(/^[A-Za-z].*\.$/s);
    expect(reason.sentence).not.toMatch(/\$\d|undefined/);
    if (exits[kind] === undefined) expect(reason.evidence).toBeTruthy();
  });

  test('is recognised alike when the process was adopted and the kernel tells nothing', () => {
    for (const { text } of fixtures(kind)) expect(classifyExit(adopted, text).kind).toBe(kind);
  });
});

test('every kind but those that need no log has real logs', () => {
  expect(kinds.sort()).toEqual([
    'bad-flags',
    'corrupt-data',
    'crashed',
    'data-dir-permissions',
    'disk-full',
    'killed',
    'member-mismatch',
    'newer-data',
    'peers-unreachable',
    'port-taken',
    'removed-from-cluster',
    'stopped',
  ]);
});

describe('the sentence', () => {
  test.each([
    ['port-taken', 'client', /cannot listen on 127\.[\d.]+:2379: another program/],
    ['port-taken', 'peer', /cannot listen on 127\.[\d.]+:2380: another program/],
    ['bad-flags', 'unknown', /flag -no-such-flag/],
    ['bad-flags', 'int', /"many" for --snapshot-count/],
    ['bad-flags', 'value', /invalid duration "soon"/],
    ['bad-flags', 'tls', /cannot read \/nonexistent\/c\.pem/],
    ['bad-flags', 'noip', /203\.0\.113\.9:2380: this machine has no such address/],
    ['newer-data', 'from-3.6', /written by etcd 3\.6 and cannot be used by etcd 3\.5\.30/],
    ['corrupt-data', 'corrupt-db-garbage', /database of this member/],
    ['corrupt-data', 'corrupt-wal-middle', /log of this member/],
    ['corrupt-data', 'existing-with-lost-log', /its disk no longer has/],
  ])('of %s (%s) names what is wrong', (kind, start, expected) => {
    expect(classifyExit({ code: 1, signal: null }, fixture(kind, start)).sentence).toMatch(
      expected,
    );
  });
});

describe('without a telling log', () => {
  const ordinary = fixture('killed', 'killed');

  test('a kill is told from a crash by the signal', () => {
    expect(classifyExit({ code: null, signal: 'SIGKILL' }, ordinary).kind).toBe('killed');
    expect(classifyExit({ code: 3, signal: null }, ordinary).kind).toBe('crashed');
  });

  test('SIGKILL wins over whatever the log said before', () => {
    const full = fixture('disk-full', 'running');
    expect(classifyExit({ code: null, signal: 'SIGKILL' }, full).kind).toBe('killed');
  });

  test('an empty log is a crash, an adopted process that said nothing was killed', () => {
    expect(classifyExit({ code: 1, signal: null }, '').kind).toBe('crashed');
    expect(classifyExit(adopted, '').kind).toBe('killed');
  });
});

test('ordinary warnings about a full disk or a removed peer are not reasons', () => {
  const warning = (error: string) =>
    `${JSON.stringify({ level: 'warn', ts: '2026-01-01T00:00:00Z', msg: 'lost connection', error })}\n`;
  const tail = [
    warning('the member has been permanently removed from the cluster'),
    warning('no space left on device'),
    warning('walpb: crc mismatch'),
  ].join('');
  expect(classifyExit({ code: 1, signal: null }, tail).kind).toBe('crashed');
});

test('a hostile log line breaks nothing and evidence stays short', () => {
  const long = JSON.stringify({ level: 'fatal', msg: 'x'.repeat(50_000), error: 'no space left' });
  const reason = classifyExit({ code: 1, signal: null }, `{"level":\n{}\n[]\n${long}\n`);
  expect(reason.kind).toBe('crashed');
  expect(reason.evidence?.length).toBeLessThanOrEqual(300);
});

test('data of another cluster ends no etcd, but its running log says so', () => {
  for (const { text } of fixtures('cluster-id-mismatch')) {
    const mismatch = clusterIdMismatch(text);
    expect(mismatch?.ownClusterId).toMatch(/^[0-9a-f]{8,16}$/);
    expect(mismatch?.peerClusterId).not.toBe(mismatch?.ownClusterId);
  }
  expect(clusterIdMismatch(fixture('stopped', 'stopped'))).toBeNull();
});
