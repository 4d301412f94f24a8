import { resolvePaths } from '../../config/paths.ts';
import { findEtcd } from '../../etcd/binaries/find.ts';
import { readIdentity } from '../../etcd/data-dir/identity-file.ts';
import { systemClock } from '../../node/clock.ts';
import { candidatesIn } from '../../node/snapshots/read-store.ts';
import type { Candidates } from '../../snapshots/catalogue/candidates.ts';
import { findEntry } from '../../snapshots/catalogue/find.ts';
import type { Invocation } from '../command.ts';
import { etcdSearch } from '../etcd-search.ts';
import { isOn } from '../own-flags.ts';
import { renderSnapshot } from '../render-snapshot.ts';
import { inStore, type Session, tellProblems } from '../snapshot-session.ts';

export async function run(invocation: Invocation): Promise<number> {
  return inStore(invocation, async ({ snapshots, ...session }) => {
    const { catalogue } = snapshots;
    const listing = await catalogue.list({ signal: session.signal });
    const entry = findEntry(listing.entries, invocation.argument ?? '');
    const seeker = await seekerHere(invocation, session);
    const chances = chancesOf(
      entry.id,
      candidatesIn(listing, snapshots, {
        lineages: seeker.lineage === null ? [] : [seeker.lineage],
        etcdVersion: seeker.etcdVersion,
      }),
    );
    const { place } = catalogue.store.objects;
    const { terminal } = invocation;
    if (isOn('json', invocation)) {
      const told = { place, ...entry, restore: { ...chances, ...seeker } };
      terminal.out(`${JSON.stringify({ ...told, problems: listing.problems }, null, 2)}\n`);
      return 0;
    }
    const nowMs = systemClock.wallTime().getTime();
    terminal.out(renderSnapshot(entry, { place, nowMs, chances }));
    tellProblems(listing.problems, invocation);
    return 0;
  });
}

/** No etcd here is taken for the newest there is: the one that e2d would install. */
const anyEtcd = '3.9999.0';

/** For whom the question is put: the node on this machine, with its etcd and its lineage. */
async function seekerHere(invocation: Invocation, { values, surroundings, signal }: Session) {
  const { stateDir } = resolvePaths(values, surroundings);
  const identity = await readIdentity(stateDir);
  const { binaries } = await findEtcd(await etcdSearch(invocation, signal));
  return { lineage: identity?.lineage ?? null, etcdVersion: binaries?.version ?? anyEtcd };
}

/** Whether a cluster that lost everything would be restored from it, and why. */
function chancesOf(id: string, { ambiguous, candidates, reasons, passedOver }: Candidates) {
  const place = candidates.findIndex((entry) => entry.id === id);
  if (ambiguous !== null) {
    const sentence = `No: the store holds lineages ${ambiguous.join(', ')}, and an operator has to say which.`;
    return { chosen: false, sentence };
  }
  if (place < 0) {
    const why = passedOver.find((one) => one.id === id)?.sentence ?? 'Nothing is known of it.';
    return { chosen: false, sentence: `No. ${why}` };
  }
  const why = reasons.get(id) ?? '';
  if (place === 0) return { chosen: true, sentence: `Yes, before all others. ${why}` };
  const better = candidates[place - 1]?.id;
  return { chosen: false, sentence: `Only after ${place} others, the last ${better}. ${why}` };
}
