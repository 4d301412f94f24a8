import { systemClock } from '../../node/clock.ts';
import type { Invocation } from '../command.ts';
import { isOn } from '../own-flags.ts';
import { renderSnapshots } from '../render-snapshot-list.ts';
import { inStore, tellProblems } from '../snapshot-session.ts';

export async function run(invocation: Invocation): Promise<number> {
  return inStore(invocation, async ({ snapshots: { catalogue }, signal }) => {
    const { place } = catalogue.store.objects;
    const listing = await catalogue.list({ signal });
    const { terminal } = invocation;
    if (isOn('json', invocation)) {
      const { entries, problems, unfinished } = listing;
      const told = { place, entries, problems, unfinished: unfinished.map(({ id }) => id) };
      terminal.out(`${JSON.stringify(told, null, 2)}\n`);
      return 0;
    }
    terminal.out(renderSnapshots(listing, { place, nowMs: systemClock.wallTime().getTime() }));
    tellProblems(listing.problems, invocation);
    return 0;
  });
}
