import { expect, test } from 'vitest';
import type { MemberStatus } from '../../machines/facts.ts';
import type { NodeContext } from '../../machines/node/context.ts';
import type { Reason } from '../../machines/node/effects.ts';
import { type RecordedRun, readStory } from './read-story.ts';
import { type StoryName, stories } from './stories.ts';

/** Something that a node had done, with what it was asked with. */
interface Deed {
  readonly node: string;
  readonly seq: number;
  readonly id: string;
  readonly src: string;
  readonly reason: Reason;
  readonly memberId: unknown;
}

/** A story and what can be read off its runs. */
class Told {
  readonly runs: readonly RecordedRun[];

  constructor(runs: readonly RecordedRun[]) {
    this.runs = runs;
  }

  get nodes(): readonly string[] {
    return [...new Set(this.runs.map(({ node }) => node))].sort();
  }

  runsOf(node: string): readonly RecordedRun[] {
    return this.runs.filter((run) => run.node === node);
  }

  /** The node that was started twice. */
  get restarted(): readonly [RecordedRun, RecordedRun] {
    const twice = this.nodes.filter((node) => this.runsOf(node).length === 2);
    const [before, after] = this.runsOf(twice[0] ?? '');
    if (twice.length !== 1 || !before || !after) throw new Error(`started twice: ${twice}`);
    return [before, after];
  }

  /** The runs of all nodes but this. */
  others(node: string): readonly RecordedRun[] {
    return this.runs.filter((run) => run.node !== node);
  }
}

async function told(name: StoryName): Promise<Told> {
  return new Told(await readStory(name));
}

function endOf({ steps, file }: RecordedRun): NodeContext {
  const last = steps.at(-1);
  if (last === undefined) throw new Error(`${file} is empty`);
  return last.snapshot.context;
}

function deedsOf(runs: readonly RecordedRun[]): readonly Deed[] {
  return runs.flatMap(({ node, steps }) =>
    steps.flatMap(({ entry: { seq }, effects }) =>
      effects.flatMap((effect) => {
        if (effect.kind !== 'start') return [];
        const { id, src } = effect;
        const input = effect.input as { reason?: Reason; memberId?: string; change?: unknown };
        if (input?.reason === undefined) return [];
        const change = input.change as { memberId?: string } | undefined;
        const memberId = input.memberId ?? change?.memberId ?? null;
        return [{ node, seq, id, src, reason: input.reason, memberId }];
      }),
    ),
  );
}

const changing = ['addLearner', 'replaceMember', 'changeMembership'];

/** Requests to change the member list. */
function changesOf(runs: readonly RecordedRun[]): readonly Deed[] {
  return deedsOf(runs).filter(({ src }) => changing.includes(src));
}

/** The requests as `node effect rule`, each once: a request that came too early is made again. */
function wordsOf(deeds: readonly Deed[]): readonly string[] {
  return [...new Set(deeds.map(({ node, id, reason }) => `${node} ${id} ${reason.rule}`))];
}

/** Whether the node itself was the latest leader that it knew of. */
function led(steps: RecordedRun['steps']): boolean {
  const known = steps.flatMap(({ snapshot: { context } }) => {
    const status = statusIn(context);
    return status === null || status.leaderId === null ? [] : [status];
  });
  const latest = known.at(-1);
  return latest !== undefined && latest.leaderId === latest.memberId;
}

/** What a node's own etcd said of itself when it was asked last. */
function statusIn({ probe }: NodeContext): MemberStatus | null {
  const status = probe?.status;
  return status !== undefined && 'leaderId' in status ? status : null;
}

/** The part of a run before something is true for the first time. */
function stepsBefore(
  { steps }: RecordedRun,
  isOver: (step: RecordedRun['steps'][number]) => boolean,
): RecordedRun['steps'] {
  const end = steps.findIndex(isOver);
  return end < 0 ? [] : steps.slice(0, end);
}

function misses(context: NodeContext): readonly string[] {
  return context.peers.filter(({ liveness }) => liveness !== 'alive').map(({ name }) => name);
}

function pathsOf({ steps }: RecordedRun): readonly unknown[] {
  return [...new Set(steps.map(({ snapshot: { context } }) => context.path))];
}

/** Every member id that the node ever knew itself by. */
function memberIdsOf(runs: readonly RecordedRun[]): readonly string[] {
  const ids = runs.flatMap(({ steps }) =>
    steps.map(({ snapshot: { context } }) => context.identity.memberId),
  );
  return [...new Set(ids)].filter((id) => id !== null);
}

function clusterIdsOf(runs: readonly RecordedRun[]): readonly unknown[] {
  return [...new Set(runs.map((run) => endOf(run).identity.clusterId))];
}

function statesOf({ entries }: RecordedRun): readonly string[] {
  return entries.map(({ state }) => state);
}

function eventsOf(
  run: RecordedRun,
  type: string,
): readonly RecordedRun['entries'][number]['event'][] {
  return run.entries.map(({ event }) => event).filter((event) => event.type === type);
}

/** Whether the run saw the node other than alive. */
function missed(run: RecordedRun, node: string): boolean {
  return run.steps.some(({ snapshot: { context } }) => misses(context).includes(node));
}

const settled =
  'active.running.(etcd.up.healthy quorum.held standing.voting membership.watching backup.idle proof.idle certificates.watching)';

test(`bootstrap: ${stories.bootstrap}`, async () => {
  const { runs, nodes } = await told('bootstrap');
  expect([nodes, runs.length]).toEqual([['n1', 'n2', 'n3'], 3]);
  for (const run of runs) {
    expect(pathsOf(run)).toEqual([null, 'bootstrap-new']);
    expect(deedsOf([run]).filter(({ src }) => src === 'launchEtcd')).toMatchObject([
      { reason: { rule: 'S7' } },
    ]);
    expect(memberIdsOf([run])).toHaveLength(1);
    expect(statesOf(run)).toContain(settled);
    expect(statesOf(run).at(-1)).toBe('stopped');
  }
  expect(memberIdsOf(runs)).toHaveLength(3);
  expect(clusterIdsOf(runs)).toHaveLength(1);
  expect(new Set(runs.map((run) => endOf(run).identity.lineage)).size, 'one plan').toBe(1);
  expect(changesOf(runs)).toEqual([]);
});

test(`power-cycle: ${stories['power-cycle']}`, async () => {
  const story = await told('power-cycle');
  expect(story.nodes).toEqual(['n1', 'n2', 'n3']);
  for (const node of story.nodes) {
    const [before, after] = story.runsOf(node);
    expect(pathsOf(after!)).toEqual([null, 'restart-existing']);
    expect(endOf(after!).store, 'no store was asked').toBe('none');
    const deeds = deedsOf([after!]);
    expect(deeds.map(({ src }) => src)).toEqual(['prepare', 'launchEtcd']);
    expect(deeds[1]?.reason.rule).toBe('S9');
    expect(memberIdsOf([before!, after!])).toHaveLength(1);
    expect(statesOf(after!).at(-1)).toBe(settled);
  }
  expect(clusterIdsOf(story.runs)).toHaveLength(1);
  expect(changesOf(story.runs)).toEqual([]);
});

test(`lost-disk: ${stories['lost-disk']}`, async () => {
  const story = await told('lost-disk');
  const [before, after] = story.restarted;
  expect(led(before.steps), 'it was the leader').toBe(true);
  const [old] = memberIdsOf([before]);
  expect(after.steps[1]?.snapshot.context).toMatchObject({
    identity: { memberId: null, clusterId: null },
    data: { kind: 'none' },
  });
  expect(pathsOf(after)).toEqual([null, 'remove-dead-then-rejoin']);
  const changes = changesOf(story.runs);
  expect(wordsOf(changes)).toEqual([
    `${after.node} replaceMember S12`,
    `${after.node} promote S13`,
  ]);
  expect(changes[0]?.memberId).toBe(old);
  const [renewed] = memberIdsOf([after]).filter((id) => id !== old);
  expect(renewed).toBeDefined();
  expect(endOf(after).identity.memberId).toBe(renewed);
  expect(statesOf(after).at(-1)).toBe(settled);
  for (const run of story.others(before.node)) expect(memberIdsOf([run])).toHaveLength(1);
  expect(clusterIdsOf(story.runs)).toHaveLength(1);
});

test(`partition: ${stories.partition}`, async () => {
  const story = await told('partition');
  const alone = ({ snapshot: { context } }: RecordedRun['steps'][number]) =>
    misses(context).length === 2;
  const [cutOff, ...more] = story.runs.filter(({ steps }) => steps.some(alone));
  expect(more).toEqual([]);
  expect(led(stepsBefore(cutOff!, alone)), 'it was the leader').toBe(true);
  const whileAlone = cutOff!.steps.filter(alone).map(({ entry: { state } }) => state);
  expect(whileAlone.filter((state) => state.includes('quorum.lost'))).not.toEqual([]);
  for (const run of story.others(cutOff!.node)) {
    expect(missed(run, cutOff!.node)).toBe(true);
    const leaderId = statusIn(endOf(run))?.leaderId;
    expect(leaderId, 'the majority has another leader').not.toBe(memberIdsOf([cutOff!])[0]);
    expect(leaderId).toBe(statusIn(endOf(cutOff!))?.leaderId);
  }
  for (const run of story.runs) {
    expect(memberIdsOf([run])).toHaveLength(1);
    expect(statesOf(run).at(-1)).toBe(settled);
  }
  expect(changesOf(story.runs)).toEqual([]);
});

test(`long-partition: ${stories['long-partition']}`, async () => {
  const story = await told('long-partition');
  const [cutOff, ...more] = story.runs.filter((run) => asideOf(run).length > 0);
  expect(more).toEqual([]);
  const { node } = cutOff!;
  const alone = stepsBefore(cutOff!, ({ snapshot: { context } }) => misses(context).length === 2);
  expect(led(alone), 'it was the leader').toBe(true);
  const [old, renewed] = memberIdsOf([cutOff!]);
  const changes = changesOf(story.runs).filter(({ id }) => id !== 'remove');
  const removals = changesOf(story.runs).filter(({ id }) => id === 'remove');
  expect(removals.length).toBeGreaterThan(0);
  for (const removal of removals) {
    expect(removal).toMatchObject({ memberId: old, reason: { rule: 'S11' } });
    expect(removal.node, 'the minority changes nothing').not.toBe(node);
  }
  expect(wordsOf(changes)).toEqual([`${node} addLearner S3`, `${node} promote S13`]);
  expect(asideOf(cutOff!)).toMatchObject([{ reason: { rule: 'S3' } }]);
  expect(endOf(cutOff!).identity.memberId).toBe(renewed);
  expect(statesOf(cutOff!).at(-1)).toBe(settled);
  expect(clusterIdsOf(story.runs)).toHaveLength(1);
});

function asideOf(run: RecordedRun): readonly Deed[] {
  return deedsOf([run]).filter(({ src }) => src === 'moveDataAside');
}

test(`replacement: ${stories.replacement}`, async () => {
  const story = await told('replacement');
  expect(story.nodes).toEqual(['n1', 'n2', 'n3', 'n4']);
  const [successor] = story.runsOf('n4');
  const survivors = story.others('n4').filter((run) => changesOrLasts(run, story));
  const gone = story.others('n4').find((run) => !survivors.includes(run));
  expect(survivors).toHaveLength(2);
  const [lost] = memberIdsOf([gone!]);
  const removals = changesOf(survivors);
  expect(removals.length).toBeGreaterThan(0);
  for (const removal of removals) {
    expect(removal).toMatchObject({ id: 'remove', memberId: lost, reason: { rule: 'S11' } });
  }
  expect(pathsOf(successor!)).toEqual([null, 'join']);
  expect(wordsOf(changesOf([successor!]))).toEqual(['n4 addLearner S13', 'n4 promote S13']);
  const urls = new Set(story.runs.map(({ header }) => header.settings['peerUrl']));
  expect(urls.size, 'each node has an address of its own').toBe(4);
  expect(
    endOf(successor!)
      .observation?.members.map(({ id }) => id)
      .sort(),
  ).toEqual([...survivors, successor!].flatMap((run) => memberIdsOf([run])).sort());
  expect(clusterIdsOf(story.runs)).toHaveLength(1);
});

/** Whether the run goes on after the first removal. */
function changesOrLasts(run: RecordedRun, story: Told): boolean {
  const wallMs = ({ header }: RecordedRun, atMs: number) =>
    Date.parse(header.begunAt) - header.begunAtMs + atMs;
  const [removal] = story.runs.flatMap((one) =>
    changesOf([one])
      .filter(({ id }) => id === 'remove')
      .map(({ seq }) => wallMs(one, one.entries[seq - 1]?.atMs ?? 0)),
  );
  return wallMs(run, run.entries.at(-1)?.atMs ?? 0) > (removal ?? Number.POSITIVE_INFINITY);
}

test(`paused: ${stories.paused}`, async () => {
  const story = await told('paused');
  const wasFrozen = ({ entry: { event } }: RecordedRun['steps'][number]) =>
    event.type === 'loop.delayed' && Number(event['delayMs']) > 4_000;
  const [frozen, ...more] = story.runs.filter(({ steps }) => steps.some(wasFrozen));
  expect(more).toEqual([]);
  expect(led(stepsBefore(frozen!, wasFrozen)), 'it was the leader').toBe(true);
  for (const run of story.runs) {
    expect(statesOf(run).filter((state) => state.includes('removing'))).toEqual([]);
    expect(memberIdsOf([run])).toHaveLength(1);
    expect(statesOf(run).at(-1)).toBe(settled);
    if (run !== frozen) expect(missed(run, frozen!.node)).toBe(true);
  }
  expect(changesOf(story.runs)).toEqual([]);
});

test(`etcd-killed: ${stories['etcd-killed']}`, async () => {
  const story = await told('etcd-killed');
  const [hit, ...more] = story.runs.filter((run) => eventsOf(run, 'etcd.exited').length > 0);
  expect(more).toEqual([]);
  expect(eventsOf(hit!, 'etcd.exited')).toMatchObject([{ reason: { kind: 'killed' } }]);
  const launches = deedsOf([hit!]).filter(({ src }) => src === 'launchEtcd');
  expect(launches.map(({ reason }) => reason.rule)).toEqual(['S7', 'S9']);
  const pids = hit!.steps.flatMap(({ snapshot: { context } }) => context.pid ?? []);
  expect(new Set(pids).size).toBe(2);
  expect(memberIdsOf([hit!])).toHaveLength(1);
  expect(statesOf(hit!).at(-1)).toBe(settled);
  expect(changesOf(story.runs)).toEqual([]);
});

test(`e2d-killed: ${stories['e2d-killed']}`, async () => {
  const story = await told('e2d-killed');
  const [before, after] = story.restarted;
  const { pid } = endOf(before);
  expect(pid).not.toBeNull();
  expect(endOf(after)).toMatchObject({ adoptedPid: pid, pid });
  expect(pathsOf(after)).toEqual([null, 'restart-existing']);
  expect(
    deedsOf([after]).map(({ src }) => src),
    'no etcd is started',
  ).toEqual(['prepare']);
  expect(memberIdsOf([before, after])).toHaveLength(1);
  expect(statesOf(after).at(-1)).toBe(settled);
  expect(changesOf(story.runs)).toEqual([]);
});

test(`total-loss: ${stories['total-loss']}`, async () => {
  const story = await told('total-loss');
  const [before = [], after = []] = [0, 1].map((life) =>
    story.nodes.map((node) => story.runsOf(node)[life]!),
  );
  const plans = after.map(({ steps }) =>
    steps
      .map(({ snapshot: { context } }) => context.identity.plan)
      .findLast((plan) => plan?.stage === 'launched'),
  );
  const [plan] = plans;
  expect(plan?.plan.snapshot).toMatchObject({ revision: expect.any(Number) });
  expect(plans, 'one plan, and one snapshot').toEqual([plan, plan, plan]);
  for (const run of after) {
    expect(pathsOf(run)).toEqual([null, 'restore-from-snapshot']);
    const deeds = deedsOf([run]).map(({ src }) => src);
    const steps = ['stageSnapshot', 'installSnapshot', 'launchEtcd', 'recordCluster'];
    expect(deeds.filter((src) => steps.includes(src))).toEqual(steps);
    expect(endOf(run).identity.lineage).toBe(plan?.plan.id);
  }
  expect(
    after.flatMap((run) => deedsOf([run])).filter(({ id }) => id === 'chooseSnapshot'),
  ).toHaveLength(1);
  expect(clusterIdsOf(before)).toHaveLength(1);
  expect(clusterIdsOf(after)).toHaveLength(1);
  expect(clusterIdsOf([...before, ...after])).toHaveLength(2);
  expect(changesOf(story.runs)).toEqual([]);
});
