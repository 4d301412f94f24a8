/**
 * Saving a large database: to a file and to S3 on loopback, against `etcdctl snapshot save`; and
 * what it costs e2d in memory. `--megabytes N` fills another size than 1,000.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { alternate, megabytesOf, printTable, type Row, runsOf } from './compare.ts';
import { settleDisk } from './disk.ts';
import { withDatabase } from './filled-etcd.ts';

const run = promisify(execFile);
const runs = runsOf(process.argv, 5);
const memorySizes = [100, 2_000];
const timedSize = megabytesOf(process.argv, 1_000);

interface Saved {
  readonly tookMs: number;
  readonly extraMb: number;
  readonly bytes: number;
}

interface Place {
  readonly name: string;
  readonly url: string;
  readonly s3Endpoint: string | null;
  readonly times: number;
}

const folder = await mkdtemp(join(tmpdir(), 'e2d-bench-save-'));
const s3 = await startS3();
const places: readonly Place[] = [
  { name: 'a file', url: `file://${folder}/store`, s3Endpoint: null, times: 1.2 },
  { name: 'S3 on loopback', url: 's3://bench', s3Endpoint: s3.url, times: 1.5 },
];
try {
  const rows = await withDatabase(timedSize, (url) => timeRows(url));
  const memory = new Map<Place, number[]>(places.map((place) => [place, []]));
  for (const size of memorySizes) {
    await withDatabase(size, async (url) => {
      for (const place of places) {
        const { extraMb } = await save(url, place);
        console.error(`${size} MB to ${place.name}: ${extraMb.toFixed(1)} MB more memory`);
        memory.get(place)?.push(extraMb);
      }
    });
  }
  printTable([...rows, ...places.map((place) => memoryRow(place, memory.get(place) ?? []))]);
} finally {
  s3.process.stdin?.end();
  await rm(folder, { recursive: true, force: true });
}

async function timeRows(url: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const place of places) {
    const { times } = place;
    const figures = await alternate(runs, {
      before: settleDisk,
      e2d: async () => (await save(url, place)).tookMs / 1_000,
      reference: () => saveByEtcdctl(url),
    });
    rows.push({
      measure: `saving a database of ${timedSize} MB to ${place.name}`,
      unit: 's',
      ...figures,
      goal: `at most ${times} times`,
      met: (e2d, reference) => e2d <= times * reference,
    });
  }
  return rows;
}

function memoryRow({ name }: Place, extraMb: readonly number[]): Row {
  return {
    measure: `most extra memory while saving ${memorySizes.join(' and ')} MB to ${name}`,
    unit: 'MB',
    e2d: extraMb,
    reference: null,
    goal: 'at most 64 MB',
    met: () => Math.max(...extraMb) <= 64,
  };
}

async function save(etcdUrl: string, { url, s3Endpoint }: Place): Promise<Saved> {
  await mkdir(join(folder, 'store'), { recursive: true });
  const argv = ['--import', 'tsx', 'bench/snapshot-saver.ts', etcdUrl, url];
  try {
    const { stdout } = await run(process.execPath, [...argv, ...(s3Endpoint ? [s3Endpoint] : [])]);
    return JSON.parse(stdout) as Saved;
  } finally {
    await rm(join(folder, 'store'), { recursive: true, force: true });
  }
}

async function saveByEtcdctl(url: string): Promise<number> {
  const file = join(folder, 'etcdctl.db');
  const directory = process.env['E2D_ETCD_BIN_DIR'];
  const etcdctl = directory === undefined ? 'etcdctl' : join(directory, 'etcdctl');
  const beganMs = performance.now();
  await run(etcdctl, ['--endpoints', url, 'snapshot', 'save', file]);
  const tookMs = performance.now() - beganMs;
  await rm(file);
  return tookMs / 1_000;
}

async function startS3(): Promise<{ readonly process: ChildProcess; readonly url: string }> {
  const argv = ['--import', 'tsx', 'bench/s3-process.ts'];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { process: child, url: String(line).trim() };
}
