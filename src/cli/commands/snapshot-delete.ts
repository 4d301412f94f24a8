import { badConfig } from '../../config/bad-config.ts';
import { systemClock } from '../../node/clock.ts';
import { checkDeletion } from '../../snapshots/catalogue/deletion.ts';
import { findEntry } from '../../snapshots/catalogue/find.ts';
import { removeSnapshot } from '../../snapshots/catalogue/prune.ts';
import { sizeInWords } from '../amounts.ts';
import type { Invocation } from '../command.ts';
import { confirm } from '../confirm.ts';
import { helpOf, isOn } from '../own-flags.ts';
import { inStore, tellProblems } from '../snapshot-session.ts';

export async function run(invocation: Invocation): Promise<number> {
  if (invocation.args.includes('latest')) {
    const problems = ['"latest" may be another one by now; name what is to be removed by its ID.'];
    throw badConfig({ problems, warnings: [] }, helpOf(invocation.command));
  }
  return inStore(invocation, async ({ snapshots: { catalogue }, signal }) => {
    const { terminal, args } = invocation;
    const { entries, problems } = await catalogue.list({ signal });
    tellProblems(problems, invocation);
    const wanted = [...new Set(args.map((id) => findEntry(entries, id)))];
    const nowMs = systemClock.wallTime().getTime();
    checkDeletion({ entries, wanted, nowMs, force: isOn('force', invocation) });
    const { place } = catalogue.store.objects;
    if (!isOn('yes', invocation)) {
      const lines = wanted.map(({ id, storedBytes }) => `  ${id}  ${sizeInWords(storedBytes)}\n`);
      terminal.err(`To be removed from ${place}, for good:\n${lines.join('')}`);
      await confirm({ sentence: 'This cannot be undone.', word: 'delete', terminal, signal });
    }
    const removed: string[] = [];
    for (const { id } of wanted) {
      await removeSnapshot(catalogue.store.objects, id, { signal });
      removed.push(id);
      if (!isOn('json', invocation)) terminal.out(`removed ${id}\n`);
    }
    if (isOn('json', invocation)) {
      terminal.out(`${JSON.stringify({ place, removed }, null, 2)}\n`);
    }
    return 0;
  });
}
