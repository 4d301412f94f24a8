import { setTimeout as pause } from 'node:timers/promises';
import type { Playground } from './playground.ts';
import type { PlaygroundNode } from './playground-node.ts';
import { expectSame, formCluster, ledBy, newLeader, parted, recoverAndCheck } from './scenes.ts';
import { type Step, type Story, StoryFailed } from './story.ts';

/** How long a leader stays cut off: less than the nodes' health-check time-out. */
const cutForMs = 4_000;

const killLeader: Story = {
  name: 'kill-leader',
  summary: "The leader's machine loses power and comes back: another leads, and nothing is lost.",
  tell: async (playground, step) => {
    const before = await formCluster(playground, step);
    const { leader, others } = await parted(playground);
    await lead(playground, step, {
      does: `Kill e2d and etcd of the leader, ${leader.name}, with SIGKILL`,
      act: () => leader.powerOff(),
      others,
    });
    const after = await recoverAndCheck(playground, step, {
      does: `Start ${leader.name} again`,
      act: async () => leader.start(),
    });
    expectSame(before, after);
  },
};

const lostDisk: Story = {
  name: 'lost-disk',
  summary: 'The leader loses its disk, identity and all: it takes the place of its dead member.',
  tell: async (playground, step) => {
    const before = await formCluster(playground, step);
    const { leader, others } = await parted(playground);
    await lead(playground, step, {
      does: `Take the power and the disk of the leader, ${leader.name}`,
      act: () => leader.loseDisk(),
      others,
    });
    const after = await recoverAndCheck(playground, step, {
      does: `Start ${leader.name} with an empty disk`,
      act: async () => leader.start(),
    });
    const kept = after.filter(({ id }) => before.some((member) => member.id === id));
    if (kept.length !== others.length) {
      throw new StoryFailed(`${kept.length} members kept their id, instead of ${others.length}`);
    }
  },
};

const powerCycle: Story = {
  name: 'power-cycle',
  summary: 'All machines lose power at once and come back: the same cluster goes on.',
  tell: async (playground, step) => {
    const { nodes } = playground;
    const before = await formCluster(playground, step);
    await step({
      does: 'Kill e2d and etcd of all nodes with SIGKILL',
      expects: 'silence: no node takes a write',
      act: async () => {
        await Promise.all(nodes.map((node) => node.powerOff()));
        for (const node of nodes) await expectDeaf(playground, node);
      },
      found: () => 'no node takes a write',
    });
    const after = await recoverAndCheck(playground, step, {
      does: 'Start all nodes again',
      act: async () => {
        for (const node of nodes) node.start();
      },
    });
    expectSame(before, after);
  },
};

const pauseStory: Story = {
  name: 'pause',
  summary: 'The leader freezes, as a virtual machine may, and goes on as if nothing had happened.',
  tell: async (playground, step) => {
    const before = await formCluster(playground, step);
    const { leader, others } = await parted(playground);
    await lead(playground, step, {
      does: `Pause e2d and etcd of the leader, ${leader.name}, with SIGSTOP`,
      act: async () => leader.pause(),
      others,
    });
    const after = await recoverAndCheck(playground, step, {
      does: `Let ${leader.name} go on with SIGCONT`,
      act: async () => leader.resume(),
    });
    expectSame(before, after);
  },
};

const partition: Story = {
  name: 'partition',
  summary: 'The leader is cut off the network: it takes no more writes, and comes back as it was.',
  needsCuts: true,
  tell: async (playground, step) => {
    const before = await formCluster(playground, step);
    const { leader, others } = await parted(playground);
    await lead(playground, step, {
      does: `Pull the network cable of the leader, ${leader.name}`,
      act: async () => playground.cut(leader),
      others,
    });
    await step({
      does: `Write to ${leader.name} for ${cutForMs / 1000} s`,
      expects: 'that it takes no write, for it has no quorum',
      act: async () => {
        const untilMs = performance.now() + cutForMs;
        while (performance.now() < untilMs) await expectDeaf(playground, leader);
      },
      found: () => 'it takes no write',
    });
    const after = await recoverAndCheck(playground, step, {
      does: `Plug ${leader.name} in again`,
      act: async () => playground.heal(leader),
    });
    expectSame(before, after);
  },
};

/** Every story there is, in the order in which `all` tells them. */
export const stories: readonly Story[] = [killLeader, lostDisk, powerCycle, pauseStory, partition];

/** Hurts the leader, and expects another. */
async function lead(
  playground: Playground,
  step: Step,
  hurt: {
    readonly does: string;
    readonly act: () => Promise<void>;
    readonly others: readonly PlaygroundNode[];
  },
): Promise<void> {
  await step({
    does: hurt.does,
    expects: 'another leader, and writes, within 20 s',
    act: async () => {
      playground.writer.forgetGaps();
      await hurt.act();
      return newLeader(playground, hurt.others);
    },
    found: ledBy(playground),
  });
}

async function expectDeaf(playground: Playground, node: PlaygroundNode): Promise<void> {
  if (await playground.takesWrites(node)) throw new StoryFailed(`${node.name} took a write`);
  await pause(100, null, { signal: playground.signal });
}
