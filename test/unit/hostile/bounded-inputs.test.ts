import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readArguments } from '../../../src/cli/read-arguments.ts';
import { fits } from '../../../src/cli/shape.ts';
import { badConfig } from '../../../src/config/bad-config.ts';
import { fromFile } from '../../../src/config/config-file.ts';
import { parseDurationMs } from '../../../src/config/durations.ts';
import { options } from '../../../src/config/options.ts';
import { nearest } from '../../../src/config/suggest.ts';
import { thisMachine } from '../../../src/config/surroundings.ts';
import { EtcdFault } from '../../../src/etcd/client/etcd-fault.ts';
import { readBoltFile } from '../../../src/etcd/data-dir/bolt-file.ts';
import { readIdentity } from '../../../src/etcd/data-dir/identity-file.ts';
import { readSmallFile } from '../../../src/etcd/data-dir/small-file.ts';
import { acquireStateLock } from '../../../src/etcd/data-dir/state-lock.ts';
import { readPidFile } from '../../../src/etcd/process/pid-file.ts';
import { decodeHeader, LineProblem } from '../../../src/journal/decode-line.ts';
import { formatName } from '../../../src/journal/entry.ts';
import { decodeAnnouncement, encodeAnnouncement } from '../../../src/node/announcement-codec.ts';
import { storeError } from '../../../src/snapshots/store/store-error.ts';
import { parseStoreUrl } from '../../../src/snapshots/store/store-url.ts';
import { peer } from '../../support/builders.ts';
import { refusal } from '../config/machine.ts';
import { databaseOf } from '../snapshots/formats/databases.ts';

/** What fuzzing has found once: each input here has cost too much, or has broken its reader. */
const long = 'x'.repeat(100_000);
const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-bounds-'));
});

afterAll(() => rm(folder, { recursive: true }));

function thrown(work: () => unknown): string {
  try {
    work();
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
  throw new Error('it was taken');
}

function found(yaml: string): readonly string[] {
  const findings = { problems: [], warnings: [] };
  fromFile('/c', yaml, findings);
  return findings.problems;
}

describe('a configuration', () => {
  test('is told by its beginning where it is long, whatever part of it', async () => {
    const flags = { ...options };
    expect(readArguments([`--${long}`], flags).problems.join().length).toBeLessThan(300);
    const [key, name] = [long.slice(0, 1_000), long.slice(0, 500)];
    expect(found(`${key}: a\n${name}: b`).join().length).toBeLessThan(300);
    expect((await refusal({ flags: { 'health-check-interval': long } })).length).toBeLessThan(700);
    const text = await refusal({ flags: { name: 'a b' }, env: { [`E2D_${long}`]: 'x' } });
    expect(text.length).toBeLessThan(1_000);
    expect(badConfig({ problems: [long], warnings: [] }, 'h').message.length).toBeLessThan(1_100);
  });

  test('has no more told of it than anybody corrects', () => {
    const problems = Array.from({ length: 5_000 }, (_, at) => `problem ${at}`);
    const { message } = badConfig({ problems, warnings: problems }, 'h');
    expect(message).toContain('5000 things are wrong');
    expect(message.match(/and 4970 more/g)).toHaveLength(2);
    expect(found('a: [\n'.repeat(500)).length).toBeLessThanOrEqual(5);
    const unknown = Array.from({ length: 500 }, (_, at) => `option-${at}: x`).join('\n');
    expect(found(unknown).length).toBeLessThan(25);
    expect(found(unknown).at(-1)).toBe('/c has more that is wrong.');
  });

  test('that is a book, or has no end, is not read', () => {
    expect(found(`# ${long}`)).toEqual(['/c is longer than 65536 characters.']);
    const { readFile } = thisMachine();
    expect(thrown(() => readFile('/dev/zero'))).toBe('it has more than 1048576 bytes');
    expect(readFile('/dev/null')).toBe('');
  });

  test('costs no time that grows faster than its length', () => {
    const startedMs = performance.now();
    expect(parseDurationMs(`${'1'.repeat(100_000)}!`)).toBeUndefined();
    expect(nearest(long, Array<string>(200).fill(long.slice(1)))).toBeUndefined();
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});

describe('a file of the state dir', () => {
  const readers = [
    ['identity.json', () => readIdentity(folder)],
    ['etcd.pid', () => readPidFile(folder)],
    ['e2d.lock', () => acquireStateLock(folder)],
  ] as const;

  test.each(readers)('%s is not read where it is far too long', async (name, read) => {
    await writeFile(join(folder, name), `"${' '.repeat(2 ** 20)}"`);
    await expect(read()).rejects.toThrow('1048578 bytes, more than 1048576');
    await rm(join(folder, name));
  });

  test('of another kind is not, either', async () => {
    await writeFile(join(folder, 'manifest.json'), ' '.repeat(2 ** 20 + 1));
    await expect(readSmallFile(join(folder, 'manifest.json'))).rejects.toThrow('more than 1048576');
  });

  test('that claims to be a database of giant pages is damaged, and takes no memory', async () => {
    const path = join(folder, 'db');
    for (const [offset, value] of [
      [8, 2n ** 31n],
      [8, 0n],
      [16, 2n ** 40n],
    ] as const) {
      await writeFile(path, withMeta(databaseOf(4), offset, value));
      expect(await readBoltFile(path)).toMatchObject({ kind: 'damaged' });
    }
  });
});

/** Both meta pages say so, and their checksums are right. */
function withMeta(database: Buffer, offset: number, value: bigint): Buffer {
  for (const at of [16, 4096 + 16]) {
    const meta = database.subarray(at, at + 64);
    if (offset === 8) meta.writeUInt32LE(Number(value), offset);
    else meta.writeBigUInt64LE(value, offset);
    let hash = 0xcbf29ce484222325n;
    for (const byte of meta.subarray(0, 56)) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    }
    meta.writeBigUInt64LE(hash, 56);
  }
  return database;
}

describe('what comes from elsewhere', () => {
  test('may nest as deep as a parser goes', () => {
    const objects = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    const nested: unknown = JSON.parse(objects);
    expect(fits(nested, 'state')).toBe(false);
    const head = `"format":"${formatName}"`;
    const problemOf = (line: string) => {
      const header = decodeHeader(Buffer.from(line));
      return header instanceof LineProblem ? header.problem : null;
    };
    expect(problemOf(`{${head},"version":${deep}}`)).toBe('its format version is no number');
    const checkpoint = `{"value":${objects}}`;
    expect(problemOf(`{${head},"version":1,"checkpoint":${checkpoint}}`)).toMatch(/nests too deep/);
  });

  test('is told by its beginning', () => {
    expect(new EtcdFault('unknown', long).message.length).toBeLessThan(2_100);
    const fault = { place: 's3://b', doing: `read "${long}"`, detail: `\u001b[2J${long}` };
    const { message } = storeError('failed', fault);
    expect(message.length).toBeLessThan(2_000);
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(thrown(() => parseStoreUrl(`s3://${long}`)).length).toBeLessThan(500);
    expect(thrown(() => parseStoreUrl(long)).length).toBeLessThan(500);
  });

  test('is no announcement where it is long, or would steer a terminal', () => {
    const { liveness: _, ...announced } = peer('a');
    const bytes = Buffer.from(encodeAnnouncement(announced) ?? []);
    expect(decodeAnnouncement(bytes)).toEqual(announced);
    const steering = JSON.parse(bytes.toString()) as unknown[];
    steering[2] = 'a\u001b[2J';
    expect(decodeAnnouncement(Buffer.from(JSON.stringify(steering)))).toBeNull();
    const padded = Buffer.concat([bytes, Buffer.alloc(513 - bytes.length, ' ')]);
    expect(decodeAnnouncement(padded)).toBeNull();
  });
});
