/**
 * The safety rules by id, each with the one sentence that logs, refusals, docs and `explain` show.
 */
export const rules = {
  S1: 'Unknown is not bad: a missing observation leads to waiting and retrying only.',
  S2: 'Local data first: nothing is created or restored while a node has, or may still have, its data.',
  S3: 'Data is moved aside, never deleted.',
  S4: 'A restore is pinned to one proven snapshot.',
  S5: 'A restore begins a new lineage, and watchers notice.',
  S6: 'The store is append-only and fenced by lineage.',
  S7: 'Bootstrap is a unanimous plan of exactly the required nodes.',
  S8: 'A lost disk is not a new cluster.',
  S9: 'Restart is not bootstrap: nodes with data restart, and no store is consulted.',
  S10: 'Only a node with a fresh linearizable read and a gossip majority changes membership.',
  S11: 'A member is removed only on lasting, independent evidence, and only if quorum gains by it.',
  S12: 'A node that lost its disk may replace its own dead member at once.',
  S13: 'A member joins as a learner and votes only once it has caught up.',
  S14: 'One membership change at a time, and a capped number of automatic removals an hour.',
  S15: 'Quorum lost for good is recovered only by the word of an operator.',
  S16: 'etcd outlives e2d, and the next e2d adopts it.',
  S17: 'e2d doubts itself first: while it is the slow one it accuses nobody.',
  S18: 'Crash-only: what was half done is finished or undone from what is observed.',
  S19: 'Backup trouble is not cluster trouble.',
  S20: 'Secrets are never written where they can be read.',
  S21: 'No decision depends on the clocks of two machines agreeing.',
} as const;

export type RuleId = keyof typeof rules;

/** Why something is not done: the rule that forbids it, and a sentence with the facts. */
export interface Refusal {
  readonly rule: RuleId;
  readonly sentence: string;
}
