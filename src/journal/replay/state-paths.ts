import { leavesOf } from '../../../machines/state-path.ts';

/** The ids of all active states, parents included, as pictures know them: `node.active.running`. */
export function activeStates(chart: string, path: string): ReadonlySet<string> {
  const ids = new Set([chart]);
  for (const leaf of leavesOf(path)) {
    const keys = leaf.split('.');
    for (let depth = 1; depth <= keys.length; depth += 1) {
      ids.add([chart, ...keys.slice(0, depth)].join('.'));
    }
  }
  return ids;
}

export interface StateChange {
  /** What was left; empty for what begins. */
  readonly from: string;
  /** What was entered; empty where the state stayed. */
  readonly to: string;
}

/** What of the state changed, without the parents that both have and the regions that stayed. */
export function changeOf(before: string | null, after: string): StateChange {
  const old = before === null ? [] : leavesOf(before);
  const now = leavesOf(after);
  const shared = before === null ? '' : sharedParents([...old, ...now]);
  return {
    from: joined(
      old.filter((leaf) => !now.includes(leaf)),
      shared,
    ),
    to: joined(
      now.filter((leaf) => !old.includes(leaf)),
      shared,
    ),
  };
}

function joined(leaves: readonly string[], above: string): string {
  const bare = leaves.map((leaf) => leaf.slice(above.length));
  if (bare.length < 2) return bare.join('');
  const shared = sharedParents(bare);
  const inner = bare.map((leaf) => leaf.slice(shared.length)).join(' ');
  return shared === '' ? inner : `${shared}(${inner})`;
}

/** `active.running.`: the parents that all of these have, with the dot behind them. */
function sharedParents(leaves: readonly string[]): string {
  const [first = '', ...others] = leaves;
  const parents = first.split('.').slice(0, -1);
  while (parents.length > 0) {
    const prefix = `${parents.join('.')}.`;
    if (others.every((leaf) => leaf.startsWith(prefix))) return prefix;
    parents.pop();
  }
  return '';
}
