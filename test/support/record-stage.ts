import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { TestCluster } from './cluster.ts';
import { IsolatedNetwork } from './isolated-network.ts';
import { isWhole, type Script } from './record-stories.ts';
import type { TestNode } from './test-node.ts';

/** One segment of a node's event log, compressed; `name` is its file's. */
export interface KeptSegment {
  readonly node: string;
  readonly name: string;
  readonly bytes: Buffer;
}

/** What is recorded of the end: long enough for every node to look around once more. */
const calmMs = 1_500;

/** Plays a story with real processes and returns what the nodes recorded, in order. */
export async function playStory(script: Script): Promise<readonly KeptSegment[]> {
  const { healthCheckTimeout, isolated, withStore, play } = script;
  const folder = mkdtempSync(join(tmpdir(), 'e2d-network-'));
  const network = isolated ? await IsolatedNetwork.create({ size: 3, folder }) : null;
  const store = join(folder, 'store');
  mkdirSync(store);
  const keeping = ['--snapshot-backup-url', `file://${store}`, '--snapshot-interval', '1s'];
  const flags = [...['--health-check-timeout', healthCheckTimeout], ...(withStore ? keeping : [])];
  const cluster = new TestCluster({
    size: 3,
    flags,
    ...(network === null ? {} : { places: network.places }),
  });
  const shelf = new Shelf();
  try {
    cluster.start();
    await isWhole(cluster);
    await play({ cluster, network, store, keep: (node) => shelf.keep(node) });
    await pause(calmMs);
    await Promise.all(cluster.nodes.map((node) => node.killBoth()));
    for (const node of cluster.nodes) await shelf.keep(node);
    return shelf.segments;
  } finally {
    await cluster.destroy();
    network?.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Shelf {
  readonly #segments = new Map<string, KeptSegment>();

  get segments(): readonly KeptSegment[] {
    return [...this.#segments.values()];
  }

  /** Takes a node's segments; one that was taken before is taken again as it is now. */
  async keep(node: TestNode): Promise<void> {
    for (const file of (await readdir(node.eventsFolder).catch((): string[] => [])).sort()) {
      const bytes = await readFile(join(node.eventsFolder, file));
      const text = file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
      const name = file.replace(/\.gz$/, '');
      const kept = { node: node.name ?? node.host, name, bytes: gzipSync(text, { level: 9 }) };
      this.#segments.set(`${kept.node}/${name}`, kept);
    }
  }
}
