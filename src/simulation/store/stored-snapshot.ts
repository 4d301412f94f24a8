import { dataKey, metaKey, recordKey } from '../../snapshots/catalogue/layout.ts';
import type { E2dEntry } from '../../snapshots/catalogue/snapshot-order.ts';
import type { SnapshotProof, SnapshotRecord } from '../../snapshots/catalogue/snapshot-record.ts';
import type { Keyspace } from '../etcd/keyspace.ts';

/** What may be wrong with stored bytes. */
type Damage = 'truncated' | 'flipped' | 'emptied';

/** The data of a snapshot, as it lies in the store. */
interface StoredData {
  readonly keyspace: Keyspace;
  sizeBytes: number;
  damage: Damage | null;
}

export type StoredBody =
  | { readonly kind: 'begun' | 'meta' }
  | { readonly kind: 'record'; record: SnapshotRecord }
  | { readonly kind: 'proof'; readonly proof: SnapshotProof }
  | ({ readonly kind: 'data' } & StoredData);

export type Objects = ReadonlyMap<string, StoredBody>;

/** The folders that count as snapshots of e2d's: those that were finished. */
export function entriesOf(objects: Objects): readonly E2dEntry[] {
  const ids = new Set([...objects.keys()].map(folderOf));
  return [...ids].flatMap((id) => {
    const record = objects.get(recordKey(id));
    const data = objects.get(dataKey(id));
    if (!objects.has(metaKey(id)) || record?.kind !== 'record' || data?.kind !== 'data') return [];
    const proof = latestProof(objects, id);
    const { takenAt } = record.record;
    const stored = { id, takenAt, storedBytes: data.sizeBytes };
    return [{ kind: 'e2d', ...stored, record: record.record, proof }];
  });
}

export function folderOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

/** The names of proofs sort as their times do. */
function latestProof(objects: Objects, id: string): SnapshotProof | null {
  const proofs = [...objects]
    .filter(([key, { kind }]) => kind === 'proof' && folderOf(key) === id)
    .sort(([a], [b]) => (a < b ? 1 : -1));
  const [, body] = proofs[0] ?? [];
  return body?.kind === 'proof' ? body.proof : null;
}
