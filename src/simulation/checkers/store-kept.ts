import { clusterRecordKey } from '../../etcd/membership/keys.ts';
import { dataKey, metaKey, recordKey } from '../../snapshots/catalogue/layout.ts';
import { byRevision, isE2dEntry } from '../../snapshots/catalogue/snapshot-order.ts';
import type { Keyspace } from '../etcd/keyspace.ts';
import type { Deed } from '../events.ts';
import type { SimulatedStore } from '../store/simulated-store.ts';
import { folderOf } from '../store/stored-snapshot.ts';
import type { World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';

type Change = Extract<Deed, { readonly kind: 'objectCreated' | 'objectRemoved' }>;

/**
 * S6, at every object that comes or goes: a cluster writes what it is into its own lineage, and
 * lets go of nothing that is another's, or the newest of its own that is known to be good.
 */
export class StoreKept implements Checker {
  readonly violations: Violation[] = [];
  readonly #world: () => World;

  constructor(world: () => World) {
    this.#world = world;
  }

  happened(deed: Deed): void {
    const { store } = this.#world();
    if (store === null) return;
    if (deed.kind === 'objectCreated') this.#checkNew(store, deed);
    if (deed.kind === 'objectRemoved') this.#checkGone(store, deed);
  }

  #checkNew(store: SimulatedStore, { key, lineage }: Change): void {
    const id = folderOf(key);
    if (key !== metaKey(id)) return;
    const record = store.objects.get(recordKey(id));
    const data = store.objects.get(dataKey(id));
    if (record?.kind !== 'record' || data?.kind !== 'data') {
      this.#blame(`${id} shows, and is not complete`);
      return;
    }
    const own = lineageIn(data.keyspace);
    if (record.record.lineage !== lineage || own !== lineage) {
      this.#blame(`${id} went into lineage ${record.record.lineage}, and its cluster is of ${own}`);
    }
    if (data.keyspace.sha256 !== record.record.content.sha256) {
      this.#blame(`${id} has another content than its record says`);
    }
  }

  #checkGone(store: SimulatedStore, { key, lineage }: Change): void {
    const id = folderOf(key);
    const record = store.objects.get(recordKey(id));
    if (key !== metaKey(id) || record?.kind !== 'record') return;
    const theirs = record.record.lineage;
    if (theirs !== lineage) {
      this.#blame(`${id} of ${theirs} was let go by ${lineage}`);
      return;
    }
    const own = store.entries
      .filter(isE2dEntry)
      .filter((entry) => entry.record.lineage === lineage)
      .sort(byRevision);
    if (own[0]?.id === id) this.#blame(`${id}, the newest of ${lineage}, was let go`);
    const proven = own.find(({ proof }) => proof?.outcome === 'proven');
    if (proven?.id === id) this.#blame(`${id}, the newest proven one of ${lineage}, was let go`);
  }

  #blame(sentence: string): void {
    this.violations.push({ rule: 'S6', sentence, atMs: this.#world().time.nowMs() });
  }
}

/** The lineage that a cluster says of itself that it is of. */
export function lineageIn({ keys }: Keyspace): string | null {
  const [, stored] = keys.find(([key]) => key === clusterRecordKey) ?? [];
  if (stored === undefined) return null;
  const { lineage } = JSON.parse(stored.value) as { readonly lineage?: string };
  return lineage ?? null;
}
