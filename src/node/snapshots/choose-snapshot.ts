import { join } from 'node:path';
import type { BootstrapPlan, MemberId, RestoreOrder } from '../../../machines/facts.ts';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import type { EtcdEndpoint } from '../../etcd/client/endpoint.ts';
import type { EndpointPool } from '../../etcd/client/endpoint-pool.ts';
import type { PassedOver } from '../../snapshots/catalogue/candidates.ts';
import { findEntry } from '../../snapshots/catalogue/find.ts';
import type { SnapshotEntry } from '../../snapshots/catalogue/snapshot-entry.ts';
import { saveToFile } from '../../snapshots/taking/save-to-file.ts';
import type { ChosenSnapshot } from '../host.ts';
import { fetchSnapshot } from './fetch-snapshot.ts';
import type { OpenSnapshots } from './open-snapshots.ts';
import { candidatesIn, type Seeker } from './read-store.ts';
import type { RestoreWorkshop } from './restore-workshop.ts';
import { sourceOf } from './source-of.ts';

export interface ChoosingParts {
  readonly workshop: RestoreWorkshop;
  readonly snapshots: OpenSnapshots;
  readonly seeker: Seeker;
  readonly endpoints: EndpointPool;
  readonly signal: AbortSignal;
}

/** A snapshot that is unfit is passed over; trouble with the store ends the search (S1). */
const unfit = new Set([
  'E2D_SNAPSHOT_CORRUPT',
  'E2D_SNAPSHOT_EMPTY',
  'E2D_SNAPSHOT_KEY',
  'E2D_SNAPSHOT_NEWER',
]);

/**
 * S4: fetches the newest snapshot that is whole, sound and of this cluster, into the workshop; with
 * an order, the one that the operator named and no other. Nothing else changes.
 */
export async function chooseFromStore(
  order: RestoreOrder | null,
  parts: ChoosingParts,
): Promise<ChosenSnapshot> {
  const { snapshots, seeker, signal } = parts;
  const listing = await snapshots.catalogue.list({ signal });
  const wanted = order?.snapshotId ?? null;
  const { candidates, passedOver } =
    wanted === null
      ? candidatesIn(listing, snapshots, seeker)
      : { candidates: [findEntry(listing.entries, wanted)], passedOver: [] };
  const unused = [...passedOver];
  for (const entry of candidates) {
    if (order === null) await refuseWhileMembersAnswer(entry, parts);
    try {
      const choice = await admit(entry, parts);
      return { choice, passedOver: toldOf(unused, newerThan(entry, listing.entries)) };
    } catch (problem) {
      if (wanted !== null || !isUnfit(problem)) throw problem;
      unused.push({ id: entry.id, sentence: problem.message });
    }
  }
  const why = toldOf(unused, listing.entries).slice(0, 3).join(' ');
  throw new E2dError(`No snapshot in the store can be restored. ${why}`.trim(), {
    code: 'E2D_SNAPSHOT_UNKNOWN',
    remedy: 'Look at "e2d snapshot list"; nothing was changed.',
  });
}

/** The entries of a listing come with the latest first. */
function newerThan(entry: SnapshotEntry, entries: readonly SnapshotEntry[]) {
  return entries.slice(0, entries.indexOf(entry));
}

/** A sentence for each of these that was passed over, in their order. */
function toldOf(unused: readonly PassedOver[], of: readonly SnapshotEntry[]): readonly string[] {
  return of.flatMap(({ id }) =>
    unused
      .filter((one) => one.id === id)
      .map(({ sentence }) => `Snapshot ${id} is passed over: ${sentence}`),
  );
}

type FetchingParts = Pick<ChoosingParts, 'workshop' | 'snapshots' | 'signal'>;

/**
 * Into the workshop, where there is room for the content and the database that is made of it. Gives
 * the SHA-256 of the content.
 */
async function fetchInto(
  { workshop, snapshots, signal }: FetchingParts,
  entry: SnapshotEntry,
): Promise<string> {
  const known = entry.kind === 'e2d' ? entry.record.content.sha256 : null;
  if (known !== null && (await workshop.hasContent(known))) return known;
  await workshop.requireRoomFor(entry);
  const to = join(workshop.folder, 'fetched');
  const request = { to, isScratch: true, signal };
  const { contentSha256 } = await fetchSnapshot(entry, snapshots, request);
  await workshop.keep(to, contentSha256);
  return contentSha256;
}

/** Fetches the first candidate, where there is one, so that it lies ready once it is chosen. */
export async function fetchAhead(parts: FetchingParts & Pick<ChoosingParts, 'seeker'>) {
  const { snapshots, seeker, signal } = parts;
  const listing = await snapshots.catalogue.list({ signal });
  const [first] = candidatesIn(listing, snapshots, seeker).candidates;
  if (first !== undefined) await fetchInto(parts, first);
}

async function admit(
  entry: SnapshotEntry,
  parts: ChoosingParts,
): Promise<ChosenSnapshot['choice']> {
  const sha256 = await fetchInto(parts, entry);
  return parts.workshop.admit({ id: entry.id, sha256 }, { signal: parts.signal });
}

/**
 * S2: the snapshot tells who the members were. One that answers as itself has data, whatever became
 * of gossip.
 */
async function refuseWhileMembersAnswer(
  entry: SnapshotEntry,
  { endpoints, signal }: ChoosingParts,
): Promise<void> {
  if (entry.kind !== 'e2d') return;
  const answers = await Promise.all(
    entry.record.members.flatMap(({ id, name, clientUrls }) =>
      clientUrls.map(async (url) =>
        (await answersAs(endpoints.at(url), id, signal)) ? name : null,
      ),
    ),
  );
  const alive = [...new Set(answers.filter((name) => name !== null))];
  if (alive.length === 0) return;
  throw new E2dError(
    `Members of the cluster that the snapshot is of still answer: ${alive.join(', ')}.`,
    { code: 'E2D_DATA_AT_STAKE', remedy: 'They have data, and data outranks a snapshot (S2).' },
  );
}

async function answersAs(
  endpoint: EtcdEndpoint,
  memberId: MemberId,
  signal: AbortSignal,
): Promise<boolean> {
  return endpoint.status({ signal, timeoutMs: 1_000 }).then(
    (status) => status.memberId === memberId,
    () => false,
  );
}

/**
 * S15: what our own etcd has, quorum or not, becomes the snapshot that the cluster is built from.
 */
export async function chooseOwnData(
  own: EtcdEndpoint,
  { workshop, signal }: Pick<ChoosingParts, 'workshop' | 'signal'>,
): Promise<ChosenSnapshot> {
  const { dbSizeBytes, memberId } = await statusOf(own, signal);
  await workshop.requireRoom(2 * dbSizeBytes);
  const path = join(workshop.folder, 'survived');
  const { sha256 } = await saveToFile({ source: sourceOf(own), path, compression: 'none', signal });
  await workshop.keep(path, sha256);
  const choice = await workshop.admit({ id: `data-of-${memberId}`, sha256 }, { signal });
  return { choice, passedOver: [] };
}

async function statusOf(own: EtcdEndpoint, signal: AbortSignal) {
  try {
    return await own.status({ signal });
  } catch (cause) {
    throw new E2dError(
      `The etcd of this node does not answer (${textOf(cause)}), so its data cannot be taken.`,
      {
        code: 'E2D_RESTORE_FAILED',
        remedy: 'See to it that it runs, or rebuild from another survivor or from a snapshot.',
        cause,
      },
    );
  }
}

/** S4: fetches the very snapshot that a plan names, and refuses any other content. */
export async function fetchPlanned(
  { snapshot }: BootstrapPlan,
  parts: FetchingParts,
): Promise<void> {
  const { workshop, snapshots, signal } = parts;
  if (snapshot === undefined || (await workshop.hasContent(snapshot.sha256))) return;
  const { entries } = await snapshots.catalogue.list({ signal });
  const sha256 = await fetchInto(parts, findEntry(entries, snapshot.id));
  if (sha256 !== snapshot.sha256) {
    throw new E2dError(`Snapshot ${snapshot.id} has another content than the plan names.`, {
      code: 'E2D_SNAPSHOT_CORRUPT',
      remedy: 'Nothing was changed; look at "e2d snapshot show".',
    });
  }
}

function isUnfit(problem: unknown): problem is E2dError {
  return problem instanceof E2dError && unfit.has(problem.code);
}
