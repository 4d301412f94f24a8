import type { Member } from '../../machines/facts.ts';
import type { Playground } from './playground.ts';
import type { PlaygroundNode } from './playground-node.ts';
import { type Step, StoryFailed, until } from './story.ts';

/** Steps that stories share. */

const healthyWithinMs = 60_000;
const leaderWithinMs = 20_000;
const writesWithinMs = 20_000;

/** The first step of every story. */
export function formCluster(playground: Playground, step: Step): Promise<readonly Member[]> {
  const { nodes, writer } = playground;
  return step({
    does: `Start ${nodes.length} nodes on this machine, none of which has data`,
    expects: `one cluster of ${nodes.length} voters within 60 s`,
    act: async () => {
      const members = await allHealthy(playground);
      writer.start();
      await moreWrites(playground, 20);
      return members;
    },
    found: (members) => `members ${shown(members)}, and writes are acknowledged`,
  });
}

/** The last steps of every story. */
export async function recoverAndCheck(
  playground: Playground,
  step: Step,
  { does, act }: { readonly does: string; readonly act: () => Promise<void> },
): Promise<readonly Member[]> {
  const members = await step({
    does,
    expects: 'a healthy cluster of all nodes within 60 s',
    act: async () => {
      await act();
      const healthy = await allHealthy(playground);
      await moreWrites(playground, 20);
      return healthy;
    },
    found: (healthy) => `members ${shown(healthy)}`,
  });
  await checkWrites(playground, step);
  return members;
}

/** The node that leads, and the others. */
export async function parted(playground: Playground): Promise<{
  readonly leader: PlaygroundNode;
  readonly others: readonly PlaygroundNode[];
}> {
  const leader = await until(() => playground.leaderAmong(playground.nodes), {
    signal: playground.signal,
    withinMs: leaderWithinMs,
    otherwise: 'no node led',
  });
  return { leader, others: playground.nodes.filter((node) => node !== leader) };
}

/** One of `nodes` leads, and writes go on. */
export async function newLeader(
  playground: Playground,
  nodes: readonly PlaygroundNode[],
): Promise<PlaygroundNode> {
  const leader = await until(() => playground.leaderAmong(nodes), {
    signal: playground.signal,
    withinMs: leaderWithinMs,
    otherwise: 'none of the others led',
  });
  await moreWrites(playground, 20);
  return leader;
}

export function ledBy(playground: Playground): (leader: PlaygroundNode) => string {
  return ({ name }) => {
    const { longestGapMs } = playground.writer.figures();
    return `${name} leads; writes stood still for ${(longestGapMs / 1000).toFixed(1)} s`;
  };
}

/** Throws `StoryFailed` unless these are the same members, by id. */
export function expectSame(before: readonly Member[], after: readonly Member[]): void {
  if (shown(before) === shown(after)) return;
  throw new StoryFailed(`the members were ${shown(before)}, and are ${shown(after)}`);
}

async function allHealthy(playground: Playground): Promise<readonly Member[]> {
  return until(() => playground.healthyMembers(), {
    signal: playground.signal,
    withinMs: healthyWithinMs,
    otherwise: 'not every node was a healthy voter',
  });
}

async function moreWrites(playground: Playground, count: number): Promise<void> {
  const { writer } = playground;
  const goal = writer.figures().acknowledged + count;
  await until(async () => (writer.figures().acknowledged >= goal ? true : null), {
    signal: playground.signal,
    withinMs: writesWithinMs,
    otherwise: `fewer than ${count} writes were acknowledged`,
  });
}

async function checkWrites({ writer }: Playground, step: Step): Promise<void> {
  await step({
    does: 'Read every acknowledged write back through the quorum',
    expects: 'all of them, each as it was acknowledged',
    act: async () => {
      await writer.stop();
      const { checked, lost } = await writer.check();
      if (lost.length === 0) return checked;
      throw new StoryFailed(`${lost.length} of ${checked} writes are lost, the first ${lost[0]}`);
    },
    found: (checked) => `${checked} of ${checked} are there`,
  });
}

function shown(members: readonly Member[]): string {
  return members.map(({ name, id }) => `${name} (${id})`).join(', ');
}
