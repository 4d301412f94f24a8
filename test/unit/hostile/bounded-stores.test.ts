import { afterAll, describe, expect, test } from 'vitest';
import { presentError } from '../../../src/cli/present-error.ts';
import { renderSnapshots } from '../../../src/cli/render-snapshot-list.ts';
import { renderStatus } from '../../../src/cli/render-status.ts';
import { tellProblems } from '../../../src/cli/snapshot-session.ts';
import { table } from '../../../src/cli/table.ts';
import { E2dError } from '../../../src/errors/e2d-error.ts';
import { classifyExit } from '../../../src/etcd/process/classify-exit.ts';
import { renderBackupMeta } from '../../../src/snapshots/catalogue/backup-meta.ts';
import { Catalogue } from '../../../src/snapshots/catalogue/read-catalogue.ts';
import { record } from '../../hostile/targets/catalogue.ts';
import { Service } from '../../hostile/targets/store.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { degraded } from '../cli/status-example.ts';

/** What fuzzing has found once: each input here has cost too much, or has steered a terminal. */
const steering = '\u001b]0;title\u0007\u009b2J\u202e';
const long = 'x'.repeat(100_000);
const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
const steers = /(?!\n)[\p{Cc}\p{Cf}]/u;
const bounds = { signal: new AbortController().signal };

describe('a terminal is not steered', () => {
  test('by what a node says of itself and others', () => {
    const node = { ...degraded.node, name: steering };
    const text = renderStatus({ ...degraded, node, warnings: [steering] });
    expect(text).toContain('?]0;title?');
    expect(text).not.toMatch(steers);
    expect(table(['A'], [[steering], [long]]).join('\n')).not.toMatch(steers);
  });

  test('by an error, or a warning', () => {
    const error = new E2dError(steering, { code: 'E2D_X', remedy: steering });
    expect(presentError(error, { verbose: true })).not.toMatch(steers);
    let told = '';
    const terminal = {
      out: () => undefined,
      err: (text: string) => {
        told += text;
      },
      errIsTerminal: true,
    };
    tellProblems([`${steering}\nforged`], { terminal });
    expect(told).toBe('Warning: ?]0;title??2J??forged\n');
  });

  test('by the last words of etcd, however deep they nest', () => {
    const exit = { code: 1, signal: null } as const;
    const fields = `"a":"${JSON.stringify(steering).slice(1, -1)}","b":${deep}`;
    const line = `{"level":"fatal","msg":"gone","error":"\\u001b[2J",${fields}}\n`;
    for (const log of [line, `panic: ${steering}\n`]) {
      const { sentence, evidence } = classifyExit(exit, log);
      expect(`${sentence} ${evidence}`).toMatch(/gone|panic/);
      expect(`${sentence} ${evidence}`).not.toMatch(/\p{Cc}/u);
    }
  });
});

const meta = (takenAtSeconds: number) =>
  renderBackupMeta({
    ...{ etcdVersion: '3.6.14', takenAtSeconds },
    clusterSpec: { memberCount: 3, etcdVersion: '3.6.14' },
  });

async function listed(objects: Readonly<Record<string, string>>) {
  const good = { 'good/etcd.backup.gz': 'x', 'good/_etcd_backup.meta': meta(1_795_000_000) };
  const listing = await new Catalogue(new MemoryStore({ ...good, ...objects }).open()).list(bounds);
  expect(listing.entries.map(({ id }) => id)).toEqual(['good']);
  expect(renderSnapshots(listing, { place: steering, nowMs: 1_795_000_000_000 })).not.toMatch(
    steers,
  );
  return listing.problems.join('\n');
}

describe('a catalogue', () => {
  test.each([steering, long])('lists no folder of the name %#, and tells of it', async (name) => {
    const files = { [`${name}/etcd.backup.gz`]: 'x', [`${name}/_etcd_backup.meta`]: meta(1) };
    const problems = await listed(files);
    expect(problems).toContain('whose name no snapshot has');
    expect(problems).not.toMatch(steers);
    expect(problems.length).toBeLessThan(500);
  });

  test.each([
    ['a version that nests deep', `{"version":${deep}}`, /has version that is no number/],
    ['fields of long names', `{"version":1,"members":[{"${long}":1}]}`, /is not what e2d writes/],
    ['a long id', JSON.stringify({ ...record, id: long }), /is that of "x{256}…"/],
    ['an id that steers', JSON.stringify({ ...record, id: steering }), /is that of "\?\]0;title/],
  ])('takes no record with %s', async (_, content, problem) => {
    const files = {
      'bad/etcd.backup.gz': 'x',
      'bad/_etcd_backup.meta': meta(1),
      'bad/e2d.json': content,
    };
    const problems = await listed(files);
    expect(problems).toMatch(problem);
    expect(problems).not.toMatch(steers);
    expect(problems.length).toBeLessThan(600);
  });

  test('takes no snapshot of a time that no date can tell', async () => {
    for (const seconds of [253_402_300_800, 8.64e12 + 1, 1e15]) {
      const files = { 'by-hand/etcd.backup.gz': 'x', 'by-hand/_etcd_backup.meta': meta(seconds) };
      expect(await listed(files)).toMatch(/by-hand is left out/);
    }
  });
});

describe('an S3 service', () => {
  const service = new Service();
  afterAll(() => service.close());

  const page = (contents: string, more = '<IsTruncated>false</IsTruncated>') =>
    `<?xml version="1.0"?><ListBucketResult><Name>b</Name>${more}${contents}</ListBucketResult>`;
  const object = (key: string, size: string) =>
    `<Contents><Key>${key}</Key><Size>${size}</Size></Contents>`;
  const next = (token: string) =>
    `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`;
  const list = async (body: string) => {
    service.body = Buffer.from(body);
    return (await service.open()).objects.list('', bounds);
  };

  test('is listed', async () => {
    expect(await list(page(object('p/a', '7')))).toEqual([{ key: 'a', sizeBytes: 7 }]);
  });

  test.each([
    ['goes on and on', page('', next('same')), /its listing has no end/],
    ['lists what was not asked for', page(object('q/a', '7')), /lists what was not asked for/],
    ['tells of no size', page(object('p/a', '-7')), /the answer is incomplete/],
    ['tells of a size beyond all', page(object('p/a', '1e300')), /the answer is incomplete/],
    ['answers at great length', page(' '.repeat(17 * 2 ** 20)), /more than 16777216 bytes/],
  ])('that %s is given up', async (_, body, sentence) => {
    const before = service.asked;
    await expect(list(body)).rejects.toThrow(sentence);
    expect(service.asked - before).toBeLessThan(10);
  });
});
