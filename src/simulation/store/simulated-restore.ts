import type { BootstrapPlan } from '../../../machines/facts.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import type { ChoiceRequest, ChosenSnapshot } from '../../node/host.ts';
import { candidatesIn } from '../../node/snapshots/read-store.ts';
import { findEntry } from '../../snapshots/catalogue/find.ts';
import { dataKey } from '../../snapshots/catalogue/layout.ts';
import type { SnapshotEntry } from '../../snapshots/catalogue/snapshot-entry.ts';
import type { Keyspace } from '../etcd/keyspace.ts';
import type { KeyspaceStream } from '../etcd/keyspace-stream.ts';
import type { Dweller } from '../habitat.ts';
import type { SimulatedStore } from './simulated-store.ts';

export const simulatedEtcdVersion = '3.6.14';

interface RestoreParts {
  readonly life: Dweller;
  readonly store: SimulatedStore | null;
  readonly signal: AbortSignal;
}

interface Fetched {
  readonly choice: ChosenSnapshot;
  readonly keyspace: Keyspace;
}

/** As the real host passes snapshots over, and no others. */
const unfit = new Set(['E2D_SNAPSHOT_CORRUPT', 'E2D_SNAPSHOT_EMPTY', 'E2D_SNAPSHOT_KEY']);

/** By the steps of the real host: what is listed, who still answers, what its bytes are. */
export async function choose(
  { order, lineages, own }: ChoiceRequest,
  parts: RestoreParts,
): Promise<Fetched> {
  if (order?.kind === 'rebuild' && order.snapshotId === null) {
    const { memberId } = await own.status({ signal: parts.signal });
    const { keyspace } = (await own.snapshot({ signal: parts.signal })) as KeyspaceStream;
    return fetched(`data-of-${memberId}`, keyspace, []);
  }
  const store = storeOf(parts);
  const listing = await ask(parts, (caller) => store.list(caller));
  const wanted = order?.snapshotId ?? null;
  const seeker = { lineages, etcdVersion: simulatedEtcdVersion };
  const { candidates, passedOver } =
    wanted === null
      ? candidatesIn(listing, { keys: [] }, seeker)
      : { candidates: [findEntry(listing.entries, wanted)], passedOver: [] };
  const sentences = passedOver.map(({ sentence }) => sentence);
  for (const entry of candidates) {
    if (order === null) await refuseWhileMembersAnswer(entry, parts);
    try {
      return fetched(entry.id, await fetchContent(entry.id, parts), sentences);
    } catch (problem) {
      const isUnfit = problem instanceof E2dError && unfit.has(problem.code);
      if (wanted !== null || !isUnfit) throw problem;
      sentences.push(`${entry.id} is passed over: ${problem.message}`);
    }
  }
  throw new E2dError('No snapshot in the store can be restored.', { code: 'E2D_SNAPSHOT_UNKNOWN' });
}

/** The first candidate's content, where there is one. */
export async function fetchAhead(
  lineages: readonly string[],
  parts: RestoreParts,
): Promise<Keyspace | null> {
  const store = storeOf(parts);
  const listing = await ask(parts, (caller) => store.list(caller));
  const seeker = { lineages, etcdVersion: simulatedEtcdVersion };
  const [first] = candidatesIn(listing, { keys: [] }, seeker).candidates;
  return first === undefined ? null : fetchContent(first.id, parts);
}

/** The very content that a plan names. */
export async function fetchPlanned(
  { snapshot }: BootstrapPlan,
  parts: RestoreParts,
): Promise<Keyspace> {
  const store = storeOf(parts);
  const { entries } = await ask(parts, (caller) => store.list(caller));
  const entry = findEntry(entries, snapshot?.id ?? '');
  const keyspace = await fetchContent(entry.id, parts);
  if (keyspace.sha256 === snapshot?.sha256) return keyspace;
  throw new E2dError(`${entry.id} has another content than the plan names.`, {
    code: 'E2D_SNAPSHOT_CORRUPT',
  });
}

function fetched(id: string, keyspace: Keyspace, passedOver: readonly string[]): Fetched {
  const { sha256, revision } = keyspace;
  return { choice: { choice: { id, sha256, revision }, passedOver }, keyspace };
}

async function fetchContent(id: string, parts: RestoreParts): Promise<Keyspace> {
  const store = storeOf(parts);
  const body = await ask(parts, (caller) => store.read(dataKey(id), caller));
  if (body.kind === 'data' && body.damage === null) return body.keyspace;
  throw new E2dError(`${id} is damaged.`, { code: 'E2D_SNAPSHOT_CORRUPT' });
}

async function refuseWhileMembersAnswer(
  entry: SnapshotEntry,
  { life, signal }: RestoreParts,
): Promise<void> {
  if (entry.kind !== 'e2d') return;
  const { address, world } = life.machine;
  for (const { id, clientUrls } of entry.record.members) {
    for (const url of clientUrls) {
      const endpoint = world.etcd.endpoint(address, url);
      const status = await endpoint.status({ signal, timeoutMs: 1_000 }).catch(() => null);
      endpoint.close();
      if (status?.memberId !== id) continue;
      throw new E2dError(`Member ${id} still answers.`, { code: 'E2D_DATA_AT_STAKE' });
    }
  }
}

function ask<T>(
  { life, signal }: RestoreParts,
  call: (caller: Parameters<SimulatedStore['list']>[0]) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const { random, identity } = life.machine;
  const lineage = identity?.lineage ?? '';
  return life.reach(() => call({ random, lineage }), false);
}

function storeOf({ store }: RestoreParts): SimulatedStore {
  if (store !== null) return store;
  throw new E2dError('No snapshot store is configured on this node.', { code: 'E2D_NO_STORE' });
}
