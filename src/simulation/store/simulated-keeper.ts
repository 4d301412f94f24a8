import type { SnapshotProof, StoreReading, TakenSnapshot } from '../../../machines/facts.ts';
import type { ProofStanding, Thinning } from '../../../machines/node/effects.ts';
import type { SnapshotConfig } from '../../config/node-config.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import { readClusterRecord } from '../../etcd/membership/cluster-record.ts';
import type { SnapshotKeeper, SnapshotRequest } from '../../node/host.ts';
import { candidatesIn, readingOf } from '../../node/snapshots/read-store.ts';
import { findEntry } from '../../snapshots/catalogue/find.ts';
import {
  begunKey,
  dataKey,
  makeSnapshotId,
  metaKey,
  proofKey,
  recordKey,
  utcSeconds,
} from '../../snapshots/catalogue/layout.ts';
import type { Listing } from '../../snapshots/catalogue/read-catalogue.ts';
import { planRetention } from '../../snapshots/catalogue/retention.ts';
import { byRevision, type E2dEntry, isE2dEntry } from '../../snapshots/catalogue/snapshot-order.ts';
import type { SnapshotRecord } from '../../snapshots/catalogue/snapshot-record.ts';
import { type Keyspace, sizeOf } from '../etcd/keyspace.ts';
import type { KeyspaceStream } from '../etcd/keyspace-stream.ts';
import type { Dweller } from '../habitat.ts';
import { simulatedEtcdVersion } from './simulated-restore.ts';
import type { SimulatedStore, StoreCaller } from './simulated-store.ts';
import { folderOf, type StoredBody } from './stored-snapshot.ts';

interface KeeperParts {
  readonly life: Dweller;
  readonly store: SimulatedStore;
  readonly config: SnapshotConfig;
}

/** The simulated store as one run of e2d uses it. */
export class SimulatedKeeper implements SnapshotKeeper {
  readonly #life: Dweller;
  readonly #store: SimulatedStore;
  readonly #config: SnapshotConfig;

  constructor({ life, store, config }: KeeperParts) {
    this.#life = life;
    this.#store = store;
    this.#config = config;
  }

  async read(lineages: readonly string[], signal: AbortSignal): Promise<StoreReading> {
    const listing = await this.#list(lineages[0] ?? '', signal);
    const seeker = { lineages, etcdVersion: simulatedEtcdVersion };
    return readingOf(listing, candidatesIn(listing, { keys: [] }, seeker));
  }

  async take(request: SnapshotRequest, signal: AbortSignal): Promise<TakenSnapshot> {
    const { endpoint, lineage } = request;
    const [newest] = await this.#ownEntries(lineage, signal);
    const status = await endpoint.status({ signal });
    if (newest?.record.revision === status.revision) return this.#taken('skipped', newest.record);
    const cluster = await readClusterRecord(endpoint, { signal });
    if (cluster?.lineage !== lineage) {
      throw new E2dError(`The cluster is of lineage ${cluster?.lineage}, not ${lineage}.`, {
        code: 'E2D_WRONG_LINEAGE',
      });
    }
    const { members } = await endpoint.memberList({ signal, linearizable: false });
    const { keyspace } = (await endpoint.snapshot({ signal })) as KeyspaceStream;
    const nowMs = this.#nowMs();
    const { random } = this.#life.machine;
    const parts = { takenAtMs: nowMs, revision: status.revision, suffix: random.hexadecimal(6) };
    const stored = { sizeBytes: sizeOf(keyspace), sha256: keyspace.sha256 };
    const record: SnapshotRecord = {
      version: 1,
      id: makeSnapshotId(parts),
      takenAt: utcSeconds(nowMs),
      lineage,
      parent: cluster.parent ?? null,
      revision: status.revision,
      raftTerm: status.raftTerm,
      raftIndex: status.raftIndex,
      members: members.map((member) => ({
        ...member,
        peerUrls: [...member.peerUrls],
        clientUrls: [...member.clientUrls],
      })),
      requiredSize: request.requiredSize,
      etcdVersion: status.version,
      e2dVersion: '0.0.0',
      stored,
      content: stored,
      compression: 'none',
      encryptionKeyId: null,
      hashKv: null,
      retention: this.#config.retention,
      trigger: request.trigger,
    };
    await this.#upload(record, keyspace, signal);
    return this.#taken('taken', record);
  }

  /** In the order of the real one: the object that makes a snapshot of it comes last. */
  async #upload(record: SnapshotRecord, keyspace: Keyspace, signal: AbortSignal): Promise<void> {
    const { id, lineage, stored } = record;
    const create = (key: string, body: StoredBody) => this.#create(key, body, { lineage, signal });
    await create(begunKey(id), { kind: 'begun' });
    const { sizeBytes } = stored;
    await create(dataKey(id), { kind: 'data', keyspace, sizeBytes, damage: null });
    const written = await this.#ask(
      (caller) => this.#store.read(dataKey(id), caller),
      lineage,
      signal,
    );
    if (written.kind !== 'data' || written.damage !== null) throw corrupt(id);
    await create(recordKey(id), { kind: 'record', record });
    await create(metaKey(id), { kind: 'meta' });
  }

  async thin(lineage: string, signal: AbortSignal): Promise<Thinning> {
    const { entries } = await this.#list(lineage, signal);
    const policy = this.#config.retention;
    const plan = planRetention({ entries, lineage, policy, nowMs: this.#nowMs() });
    const going = plan.verdicts.filter(({ keep }) => !keep);
    for (const { id } of going) await this.#remove(id, lineage, signal);
    return {
      atMs: this.#life.time.nowMs(),
      kept: plan.verdicts.length - going.length,
      removed: going.length,
      refusal: plan.refusal,
    };
  }

  async #remove(id: string, lineage: string, signal: AbortSignal): Promise<void> {
    const rest = [...this.#store.objects.keys()].filter(
      (key) => folderOf(key) === id && key !== metaKey(id) && key !== begunKey(id),
    );
    for (const key of [metaKey(id), ...rest, begunKey(id)]) {
      await this.#do((caller) => this.#store.remove(key, caller), lineage, signal);
    }
  }

  async proofs(lineage: string, signal: AbortSignal): Promise<ProofStanding> {
    const own = await this.#ownEntries(lineage, signal);
    const newestId = own[0]?.id ?? null;
    const proven = own
      .flatMap(({ id, proof }) => (proof === null ? [] : [{ id, proof }]))
      .sort((a, b) => (a.proof.provenAt < b.proof.provenAt ? 1 : -1))[0];
    if (proven === undefined) return { latest: null, ageMs: null, newestId };
    const { outcome, sentence, provenAt, rtoMs } = proven.proof;
    return {
      latest: { snapshotId: proven.id, outcome, sentence, provenAt, rtoMs },
      ageMs: Math.max(0, this.#nowMs() - Date.parse(provenAt)),
      newestId,
    };
  }

  async prove(snapshotId: string, signal: AbortSignal): Promise<SnapshotProof> {
    const { entries } = await this.#list('', signal);
    const entry = findEntry(entries, snapshotId);
    const lineage = isE2dEntry(entry) ? entry.record.lineage : '';
    const body = await this.#ask(
      (caller) => this.#store.read(dataKey(entry.id), caller),
      lineage,
      signal,
    );
    const isSound = body.kind === 'data' && body.damage === null;
    const nowMs = this.#nowMs();
    const proof = {
      version: 1 as const,
      provenAt: utcSeconds(nowMs),
      outcome: isSound ? ('proven' as const) : ('failed' as const),
      sentence: isSound ? 'It was restored.' : 'Its hash differs.',
      keys: null,
      revision: null,
      rtoMs: isSound ? 1_000 : null,
      etcdVersion: simulatedEtcdVersion,
    };
    await this.#create(proofKey(entry.id, nowMs), { kind: 'proof', proof }, { lineage, signal });
    const { outcome, sentence, provenAt, rtoMs } = proof;
    return { snapshotId, outcome, sentence, provenAt, rtoMs };
  }

  async #ownEntries(lineage: string, signal: AbortSignal): Promise<readonly E2dEntry[]> {
    const { entries } = await this.#list(lineage, signal);
    return entries
      .filter(isE2dEntry)
      .filter(({ record }) => record.lineage === lineage)
      .sort(byRevision);
  }

  #list(lineage: string, signal: AbortSignal): Promise<Listing> {
    return this.#ask((caller) => this.#store.list(caller), lineage, signal);
  }

  #create(
    key: string,
    body: StoredBody,
    { lineage, signal }: { readonly lineage: string; readonly signal: AbortSignal },
  ): Promise<void> {
    return this.#do((caller) => this.#store.create(key, body, caller), lineage, signal);
  }

  #ask<T>(call: (caller: StoreCaller) => Promise<T>, lineage: string, signal: AbortSignal) {
    signal.throwIfAborted();
    const { random } = this.#life.machine;
    return this.#life.reach(() => call({ random, lineage }), false);
  }

  /** What it does to the store may be the last that it does. */
  #do<T>(call: (caller: StoreCaller) => Promise<T>, lineage: string, signal: AbortSignal) {
    signal.throwIfAborted();
    const { random } = this.#life.machine;
    return this.#life.reach(() => call({ random, lineage }), true);
  }

  #taken(kind: TakenSnapshot['kind'], { id, revision, stored }: SnapshotRecord): TakenSnapshot {
    const atMs = this.#life.time.nowMs();
    return { kind, id, revision, storedBytes: stored.sizeBytes, atMs };
  }

  #nowMs(): number {
    return this.#life.time.wallTime().getTime();
  }
}

function corrupt(id: string): E2dError {
  return new E2dError(`${id} is not what was written.`, { code: 'E2D_SNAPSHOT_CORRUPT' });
}
