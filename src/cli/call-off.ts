import { askStatus, wayTo } from './ask-reports.ts';
import { confirmLineage, nodeOf } from './carry-out.ts';
import type { Invocation } from './command.ts';
import { askNode } from './control-client.ts';
import { ownFlag } from './own-flags.ts';
import { refused } from './restore-refusals.ts';
import type { Session } from './snapshot-session.ts';

/**
 * Has this node let go of a plan to go back that it acknowledged, and whose coordinator is gone for
 * good. Whether it may, the node says. Throws `E2D_RESTORE_REFUSED` where it belongs to no cluster.
 */
export async function callOff(invocation: Invocation, session: Session): Promise<number> {
  const at = await nodeOf(invocation, session);
  const bounds = { timeoutMs: Number(ownFlag('timeout', invocation)), signal: session.signal };
  const { cluster, node } = await askStatus(at, bounds);
  const { lineage } = cluster;
  if (lineage === null) {
    throw refused(
      `Node ${node.name} belongs to no cluster that could go back.`,
      'Look at "e2d status".',
    );
  }
  await confirmLineage(lineage, invocation, session);
  const order = { kind: 'callOff', snapshotId: null, lineage } as const;
  await askNode(wayTo(at), { method: 'restore', order }, bounds);
  invocation.terminal.out(
    `Node ${node.name} has let go of the plan, and goes on in lineage ${lineage} as before.\n`,
  );
  return 0;
}
