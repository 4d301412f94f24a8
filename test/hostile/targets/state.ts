import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDeb822Sources, parseOneLineSources } from '../../../src/etcd/binaries/apt-sources.ts';
import { parseOsRelease } from '../../../src/etcd/binaries/apt-suites.ts';
import { readCached } from '../../../src/etcd/binaries/cache.ts';
import { parseEtcdVersion } from '../../../src/etcd/binaries/etcd-version.ts';
import { readIdentity } from '../../../src/etcd/data-dir/identity-file.ts';
import { readOwnData } from '../../../src/etcd/data-dir/own-data.ts';
import { acquireStateLock } from '../../../src/etcd/data-dir/state-lock.ts';
import { readWalFiles } from '../../../src/etcd/data-dir/wal-files.ts';
import { removeStaleScratch } from '../../../src/etcd/offline/scratch-folder.ts';
import { readPidFile } from '../../../src/etcd/process/pid-file.ts';
import { identity } from '../../support/builders.ts';
import { databaseOf } from '../../unit/snapshots/formats/databases.ts';
import type { Target } from '../fuzz.ts';

type Reader = (folder: string, input: Uint8Array) => Promise<unknown>;

/** A reader of a file in a folder; nothing may change outside of what is its own. */
function inFolder(target: Omit<Target, 'feed' | 'close'>, read: Reader): Target {
  let folder: string | null = null;
  return {
    ...target,
    feed(input) {
      folder ??= mkdtempSync(join(tmpdir(), 'e2d-fuzz-'));
      return read(folder, input);
    },
    async close() {
      if (folder !== null) await rm(folder, { recursive: true, force: true });
      folder = null;
    },
  };
}

const plan = {
  id: 'p',
  coordinator: 'a',
  members: [{ nodeId: 'a', name: 'a', peerUrl: 'http://a:2380' }],
  snapshot: { id: 's', sha256: '0123456789abcdef'.repeat(4), revision: 3, replaces: 'l0' },
};
const own = identity('a', { memberId: 'ab', clusterId: 'c1', lineage: 'l1' });

const identities = inFolder(
  {
    name: 'identity files',
    corpus: [
      JSON.stringify(own),
      JSON.stringify({ ...own, plan: { stage: 'committed', plan }, parentLineage: 'x' }),
    ],
    syntax: 'json',
  },
  async (folder, input) => {
    await writeFile(join(folder, 'identity.json'), input);
    if ((await readIdentity(folder)) === null) throw new Error('it was taken for a new node');
  },
);

const dead = { pid: 4_194_303, startTime: '1', bootId: 'b', nonce: 'n' };
const locks = inFolder(
  { name: 'lock files', corpus: [JSON.stringify(dead)], syntax: 'json' },
  async (folder, input) => {
    await writeFile(join(folder, 'e2d.lock'), input);
    const lock = await acquireStateLock(folder);
    await lock.release();
    const left = await readdir(folder);
    if (left.length > 0) throw new Error(`it left ${left.join()}`);
  },
);

const pidFile = {
  ...{ pid: 1, startTime: '1', bootId: 'b', exe: '/usr/bin/etcd', name: 'a', dataDir: '/d' },
  ...{ clientUrl: 'http://a:2379', version: '3.6.14', logOffset: 3 },
};
const pidFiles = inFolder(
  { name: 'pid files', corpus: [JSON.stringify(pidFile)], syntax: 'json' },
  async (folder, input) => {
    await writeFile(join(folder, 'etcd.pid'), input);
    await readPidFile(folder);
  },
);

const manifests = inFolder(
  {
    name: 'manifests',
    corpus: [JSON.stringify({ version: '3.6.14', source: 'x' })],
    syntax: 'json',
  },
  async (folder, input) => {
    await mkdir(join(folder, '3.6.14'), { recursive: true });
    await writeFile(join(folder, '3.6.14', 'manifest.json'), input);
    if ((await readCached(folder, '3.6.14')) !== null) throw new Error('there is no etcd');
  },
);

const scratchName = 'scratch-4194303-1-01234567-89ab-cdef-0123-456789abcdef-abcdef';
const scratch = inFolder(
  {
    name: 'scratch folders',
    corpus: [JSON.stringify({ pid: 4_194_302, startTime: '1', bootId: 'b' })],
    syntax: 'json',
  },
  async (folder, input) => {
    await mkdir(join(folder, scratchName), { recursive: true });
    await writeFile(join(folder, scratchName, 'etcd.json'), input);
    await removeStaleScratch(folder);
    const left = await readdir(folder);
    if (left.length > 0) throw new Error(`it left ${left.join()}`);
  },
);

/** A log that begins with the checksum record, and goes on with an entry. */
const wal = Buffer.from(
  '0400000000000084080410000000000002000000000000860802100000000000'.padEnd(512, '0'),
  'hex',
);
const logs = inFolder(
  { name: 'write-ahead logs', corpus: [wal, Buffer.concat([wal, wal])] },
  async (folder, input) => {
    await writeFile(join(folder, `${'0'.repeat(16)}-${'0'.repeat(16)}.wal`), input);
    await readWalFiles(folder);
  },
);

const dataDirs = inFolder(
  { name: 'data dirs', corpus: [wal, databaseOf(3)] },
  async (folder, input) => {
    const member = join(folder, 'member');
    await mkdir(join(member, 'wal'), { recursive: true });
    await mkdir(join(member, 'snap'), { recursive: true });
    await writeFile(join(member, 'wal', `${'0'.repeat(16)}-${'0'.repeat(16)}.wal`), input);
    await writeFile(join(member, 'snap', 'db'), input);
    await readOwnData(folder);
  },
);

const systemTexts: Target = {
  name: 'system files',
  corpus: [
    'Types: deb\nURIs: http://a.example/debian\nSuites: trixie trixie-updates\nComponents: main\n',
    'deb [arch=amd64 signed-by=/x] http://a.example/debian trixie main contrib\n',
    'ID=debian\nVERSION_CODENAME="trixie"\n',
    'etcd Version: 3.6.14\nGit SHA: abc\nGo Version: go1.24\n',
  ],
  words: ['deb ', '[', ']', 'Types:', '\n ', '='],
  feed(input) {
    const text = Buffer.from(input).toString('utf8');
    parseDeb822Sources(text);
    parseOneLineSources(text);
    parseOsRelease(text);
    parseEtcdVersion(text);
  },
};

export const stateTargets: readonly Target[] = [
  ...[identities, locks, pidFiles, manifests, scratch, logs, dataDirs, systemTexts],
];
