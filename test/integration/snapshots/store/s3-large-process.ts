/** Run by a test in a process of its own, so that its memory is the store's and nobody else's. */
import { openS3Store } from '../../../../src/snapshots/store/s3-store.ts';
import { bounds, KEY, location, mebibytes, noSettings } from './s3-fixture.ts';

const [endpoint = '', sizeText = ''] = process.argv.slice(2);
const size = Number(sizeText);
const settings = { ...noSettings, endpoint, accessKey: KEY, region: 'us-east-1' };
const { objects } = await openS3Store(location, settings);

function extraMib(): number {
  return Math.round((process.resourceUsage().maxRSS - before) / 1024);
}

async function moved(work: () => Promise<number>): Promise<number> {
  const from = performance.now();
  const pieces = await work();
  return Math.round((pieces * 1000) / (performance.now() - from));
}

async function down(key: string): Promise<number> {
  let bytes = 0;
  for await (const piece of await objects.read(key, bounds())) bytes += piece.length;
  return bytes / 1024 / 1024;
}

async function up(key: string, pieces: number): Promise<number> {
  await objects.create(key, inSmallPieces(mebibytes(pieces)), bounds());
  return pieces;
}

/** As etcd's snapshots and gzip come. */
async function* inSmallPieces(body: AsyncIterable<Buffer>) {
  for await (const piece of body) {
    for (let at = 0; at < piece.length; at += 65_536) yield piece.subarray(at, at + 65_536);
  }
}

await up('warm', 1);
await down('warm');
const before = process.resourceUsage().maxRSS;
const upPerSecond = await moved(() => up('large', size));
const extraUpMib = extraMib();
const downPerSecond = await moved(() => down('large'));
process.stdout.write(
  JSON.stringify({ size, extraUpMib, extraMib: extraMib(), upPerSecond, downPerSecond }),
);
objects.close();
