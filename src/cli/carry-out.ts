import type { RestoreOrder } from '../../machines/facts.ts';
import type { InspectReport } from '../../machines/inspect-report.ts';
import { resolvePaths } from '../config/paths.ts';
import { askInspection, wayTo } from './ask-reports.ts';
import type { Invocation } from './command.ts';
import { confirm } from './confirm.ts';
import { askNode } from './control-client.ts';
import { followRestore } from './follow-restore.ts';
import { isOn, ownFlag } from './own-flags.ts';
import { type NodeAddress, nodeAddressOf } from './remote-node.ts';
import {
  movedAsideIn,
  type ReceiptParts,
  receiptOf,
  renderReceipt,
  writeReceipt,
} from './restore-receipt.ts';
import { refuseOtherLineage } from './restore-refusals.ts';
import { RestoreWatch } from './restore-watch.ts';
import type { Session } from './snapshot-session.ts';

export interface Folders {
  readonly dataDir: string;
  readonly stateDir: string;
}

export function foldersOf({ values, surroundings }: Session): Folders {
  return resolvePaths(values, surroundings);
}

/** The node that is ordered: the one on this machine, unless another is named. */
export function nodeOf(invocation: Invocation, session: Session): Promise<NodeAddress> {
  return nodeAddressOf(invocation, session.values, session.surroundings);
}

/**
 * Has an operator give up a lineage by its name: typed, or as `--yes --lineage L`. Throws
 * `E2D_NOT_CONFIRMED` or `E2D_RESTORE_REFUSED`.
 */
export async function confirmLineage(
  lineage: string,
  invocation: Invocation,
  { signal }: Session,
): Promise<void> {
  const named = ownFlag('lineage', invocation);
  if (typeof named === 'string') refuseOtherLineage(named, lineage);
  if (isOn('yes', invocation) && named !== undefined) return;
  await confirm({
    sentence: `This gives up what lineage ${lineage} wrote after the source.`,
    word: lineage,
    terminal: invocation.terminal,
    signal,
  });
}

export interface Outcome {
  readonly report: InspectReport;
  /** The snapshot that was taken of what is left behind, where it was seen. */
  readonly securedAs: string | null;
  readonly movedAside: readonly string[];
}

/** Gives a node an order, and tells how it is carried out until it is. */
export async function carryOut(
  order: RestoreOrder,
  invocation: Invocation,
  session: Session,
): Promise<Outcome> {
  const { terminal } = invocation;
  const { signal } = session;
  const node = await nodeOf(invocation, session);
  const timeoutMs = Number(ownFlag('timeout', invocation));
  const asideNow = async (): Promise<readonly string[]> =>
    typeof node === 'string' ? movedAsideIn(foldersOf(session).dataDir) : [];
  const [before, present] = await Promise.all([
    askInspection(node, { timeoutMs, signal }),
    asideNow(),
  ]);
  const tell = (line: string) => terminal.err(`${line}\n`);
  await askNode(wayTo(node), { method: 'restore', order }, { timeoutMs, signal });
  tell('The node has taken the order; to end this command does not end the restore.');
  const watch = new RestoreWatch({
    kind: order.kind,
    lineage: before.cluster.lineage,
    afterSeq: before.recent.at(-1)?.lastSeq ?? 0,
    pid: before.node.pid,
  });
  const report = await followRestore({
    watch,
    ask: (since) => askInspection(node, { since, timeoutMs, signal }),
    tell,
    signal,
    waitMs: Number(ownFlag('wait', invocation)),
  });
  const now = await asideNow();
  return {
    report,
    securedAs: watch.securedAs,
    movedAside: now.filter((path) => !present.includes(path)),
  };
}

/** Shows what was kept and lost, and leaves it in the state dir of the node on this machine. */
export async function giveReceipt(
  parts: Omit<ReceiptParts, 'wallTime' | 'report' | 'movedAside'>,
  { outcome, invocation, session }: Conclusion,
): Promise<void> {
  const node = await nodeOf(invocation, session);
  const { report, movedAside } = outcome;
  const receipt = receiptOf({ ...parts, report, movedAside, wallTime: new Date() });
  // From afar it is shown alone: it would be of no use in a state dir of this machine.
  const path = typeof node === 'string' ? await writeReceipt(node, receipt) : null;
  invocation.terminal.out(`\nDone.\n${renderReceipt(receipt, path)}`);
}

interface Conclusion {
  readonly outcome: Outcome;
  readonly invocation: Invocation;
  readonly session: Session;
}
