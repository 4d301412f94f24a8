import { describe, expect, test } from 'vitest';
import type {
  BootstrapPlan,
  Identity,
  Peer,
  PinnedPlan,
  PinnedSnapshot,
} from '../../../../machines/facts.ts';
import { decide } from '../../../../machines/lifecycle/decide.ts';
import {
  type PlanStep,
  planStep,
  proposalOf,
  type RestoreStanding,
} from '../../../../machines/lifecycle/plan.ts';
import { SeededRandom } from '../../../../src/simulation/seeded-random.ts';
import { identity, lifecycleFacts, peer } from '../../../support/builders.ts';

const choice: PinnedSnapshot = { id: 's1', sha256: '1'.repeat(64), revision: 9 };
const unasked: RestoreStanding = { choice: null, hasFetched: false, order: null };
const chosen: RestoreStanding = { ...unasked, choice };
const replacing: PinnedSnapshot = { ...choice, replaces: 'l1' };
const toldToGoBack: RestoreStanding = {
  ...unasked,
  choice: replacing,
  order: { kind: 'goBack', snapshotId: 's1', lineage: 'l1' },
};
const toldToRebuild: RestoreStanding = {
  ...unasked,
  choice: replacing,
  order: { kind: 'rebuild', snapshotId: null, lineage: 'l1' },
};

function stepOf(own: Identity, peers: readonly Peer[], restore = unasked, nonce = 'n0'): PlanStep {
  return planStep({ identity: own, peers, nonce, restore });
}

function planOf(step: PlanStep): BootstrapPlan {
  if (step.kind !== 'acknowledge') throw new Error(`a plan was expected, not ${step.kind}`);
  return step.plan;
}

const proposed = planOf(stepOf(identity('a'), [peer('b'), peer('c')], chosen));

const settled = (name: string) =>
  identity(name, { memberId: `m${name}`, clusterId: 'c1', lineage: 'l1' });
const mate = (name: string, changes: Partial<Peer> = {}) =>
  peer(name, { status: 'running', data: 'readable', lineage: 'l1', clusterId: 'c1', ...changes });

function bound(own: Identity, stage: PinnedPlan['stage'], plan = proposed): Identity {
  return { ...own, plan: { stage, plan } };
}

function voting(of: Peer, stage: PinnedPlan['stage'], plan = proposed): Peer {
  const vote = { id: plan.id, stage };
  const isCoordinator = plan.coordinator === of.nodeId;
  const status = 'restoring';
  return { ...of, status, plan: isCoordinator ? { ...vote, proposal: proposalOf(plan) } : vote };
}

describe('a plan to restore a lost cluster', () => {
  test('begins with a choice, which the smallest node id makes', () => {
    expect(stepOf(identity('a'), [peer('b'), peer('c')]).kind).toBe('choose');
    expect(stepOf(identity('b'), [peer('a'), peer('c')]).kind).not.toBe('choose');
  });

  test('has the others fetch meanwhile, once each, and none that the coordinator has told', () => {
    const others = [peer('a'), peer('c')];
    expect(stepOf(identity('b'), others).kind).toBe('fetch');
    expect(stepOf(identity('b'), others, { ...unasked, hasFetched: true }).kind).toBe('wait');
    const told = [voting(peer('a'), 'acknowledged'), peer('c')];
    expect(stepOf(identity('b'), told).kind).toBe('acknowledge');
    expect(stepOf(identity('b'), [peer('a')]).kind).toBe('wait');
  });

  test('names exactly the required nodes, the coordinator and the snapshot', () => {
    const step = stepOf(identity('a'), [peer('d'), peer('c'), peer('b')], chosen);
    expect(step).toMatchObject({
      plan: {
        coordinator: 'id-a',
        members: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
        snapshot: choice,
      },
    });
  });

  test('is coordinated by the node that an operator asked, and has it as a member', () => {
    const approved = {
      ...chosen,
      order: { kind: 'approve', snapshotId: null, lineage: null },
    } as const;
    const step = stepOf(identity('d'), [peer('a'), peer('b'), peer('c')], approved);
    expect(step).toMatchObject({
      plan: { coordinator: 'id-d', members: [{ name: 'a' }, { name: 'b' }, { name: 'd' }] },
    });
  });

  test('has an id of its own for every content, revision and coordinator', () => {
    const peers = [peer('b'), peer('c')];
    const with_ = (changes: Partial<PinnedSnapshot>) =>
      planOf(stepOf(identity('a'), peers, { ...chosen, choice: { ...choice, ...changes } })).id;
    const begun = planOf(planStep({ identity: identity('a'), peers, nonce: 'n0', restore: null }));
    const ids = [
      proposed.id,
      begun.id,
      with_({ id: 's2' }),
      with_({ sha256: '2'.repeat(64) }),
      with_({ revision: 10 }),
      with_({ replaces: 'l1' }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('is the very same on every node that acknowledges it', () => {
    const peers = [voting(peer('a'), 'acknowledged'), peer('c', { data: 'lost' })];
    expect(stepOf(identity('b'), peers)).toEqual({ kind: 'acknowledge', plan: proposed });
  });

  test('is not acknowledged by a node that means to begin anew, nor the other way round', () => {
    const peers = [voting(peer('a'), 'acknowledged'), peer('c')];
    const facts = { identity: identity('b'), peers, nonce: 'n0' };
    expect(planStep({ ...facts, restore: null }).kind).toBe('wait');
    const begun = planOf(
      planStep({
        identity: identity('a'),
        peers: [peer('b'), peer('c')],
        nonce: 'n0',
        restore: null,
      }),
    );
    const beginning = [voting(peer('a'), 'acknowledged', begun), peer('c')];
    expect(planStep({ ...facts, peers: beginning, restore: unasked }).kind).toBe('wait');
    expect(planStep({ ...facts, peers: beginning, restore: null }).kind).toBe('acknowledge');
  });

  test('is not acknowledged for a snapshot that gives up another lineage', () => {
    const plan = planOf(stepOf(settled('a'), [mate('b'), mate('c')], toldToGoBack));
    const peers = [voting(mate('a'), 'acknowledged', plan), mate('c')];
    expect(stepOf(settled('b'), peers)).toEqual({ kind: 'acknowledge', plan });
    expect(stepOf({ ...settled('b'), lineage: 'l9' }, peers).kind).toBe('wait');
    expect(stepOf(identity('b'), peers).kind).toBe('wait');
  });
});

describe('the coordinator of a restore', () => {
  const own = bound(identity('a'), 'acknowledged');
  const b = voting(peer('b', { data: 'lost' }), 'acknowledged');
  const c = voting(peer('c'), 'acknowledged');

  test('commits when all have acknowledged, lost disks or none', () => {
    expect(stepOf(own, [b, c]).kind).toBe('commit');
    expect(stepOf(own, [b, peer('c')]).kind).toBe('wait');
  });

  test.each<[string, Peer[]]>([
    ['a member turns out to have data', [b, { ...c, data: 'readable' }]],
    ['a node outside the plan has data', [b, c, peer('d', { data: 'readable' })]],
    ['one that failed had data', [b, c, peer('d', { data: 'unreadable', liveness: 'failed' })]],
    ['a cluster runs already', [b, c, peer('d', { status: 'running' })]],
    ['a member is suspected', [b, { ...c, liveness: 'suspect' }]],
  ])('calls the plan off when %s', (_, peers) => {
    expect(stepOf(own, peers).kind).toBe('release');
  });
});

describe('a cluster that goes back', () => {
  const plan = planOf(stepOf(settled('a'), [mate('b'), mate('c')], toldToGoBack));
  const others = ['b', 'c'].map((name) => voting(mate(name), 'acknowledged', plan));

  test('takes its nodes along, although they have data', () => {
    expect(plan).toMatchObject({
      coordinator: 'id-a',
      members: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
      snapshot: replacing,
    });
    expect(stepOf(bound(settled('a'), 'acknowledged', plan), others, toldToGoBack).kind).toBe(
      'commit',
    );
  });

  test('does not take one of its former members, nor one of another lineage', () => {
    for (const stranger of [mate('b', { status: 'surveying' }), mate('b', { lineage: 'l2' })]) {
      expect(stepOf(settled('a'), [stranger, mate('c')], toldToGoBack).kind).toBe('wait');
    }
  });

  test('stays where it is when nobody stands by the order any more', () => {
    expect(stepOf(bound(settled('a'), 'acknowledged', plan), others).kind).toBe('release');
    const called = voting(mate('a'), 'acknowledged', plan);
    const free = { ...called, plan: null, status: 'running' } as const;
    expect(stepOf(bound(settled('b'), 'acknowledged', plan), [free]).kind).toBe('release');
  });

  test('a participant stays bound while its coordinator is not heard', () => {
    const silent = { ...voting(mate('a'), 'acknowledged', plan), liveness: 'failed' } as const;
    expect(stepOf(bound(settled('b'), 'acknowledged', plan), [silent]).kind).toBe('wait');
  });

  test.each<[string, Peer]>([
    ['the coordinator committed', voting(mate('a'), 'committed', plan)],
    ['another launched', voting(mate('c'), 'launched', plan)],
    ['the new lineage is there', peer('a', { data: 'readable', lineage: plan.id })],
  ])('a participant goes on when %s', (_, seen) => {
    expect(stepOf(bound(settled('b'), 'acknowledged', plan), [seen]).kind).toBe('launch');
  });
});

describe('a cluster that is rebuilt', () => {
  test('has one member, whoever else is there', () => {
    const plan = planOf(stepOf(settled('c'), [mate('a', { status: 'starting' })], toldToRebuild));
    expect(plan).toMatchObject({ coordinator: 'id-c', members: [{ name: 'c' }] });
    const alone = bound(settled('c'), 'acknowledged', plan);
    expect(stepOf(alone, [mate('a', { status: 'starting' })], toldToRebuild).kind).toBe('commit');
    expect(stepOf(alone, []).kind).toBe('release');
  });
});

interface Node {
  identity: Identity;
  choice: PinnedSnapshot | null;
  hasFetched: boolean;
  staged: string | null;
  proposals: number;
}

const blank = { choice: null, hasFetched: false, staged: null, proposals: 0 };

/**
 * Nodes whose disks are lost, or that are told to go back, in a pool whose news is late, lost to
 * partitions, and never out of order. A node acknowledges only what it has staged, and the
 * coordinator commits no other.
 */
class Pool {
  readonly #random: SeededRandom;
  readonly #nodes = new Map<string, Node>();
  readonly #seen = new Map<string, Map<string, Peer>>();
  readonly #order: RestoreStanding['order'];
  /** Who restored which plan. */
  readonly launched = new Map<string, string>();
  readonly plans = new Map<string, BootstrapPlan>();
  /** Who staged which plan, and is bound by it. */
  readonly ready = new Map<string, Set<string>>();
  #cut = new Set<string>();

  constructor(size: number, random: SeededRandom, goesBack: boolean) {
    this.#random = random;
    this.#order = goesBack ? toldToGoBack.order : null;
    for (const name of ['a', 'b', 'c', 'd', 'e'].slice(0, size)) {
      const own = goesBack ? settled(name) : identity(name);
      this.#nodes.set(name, { identity: own, ...blank });
      this.#seen.set(name, new Map());
    }
  }

  get #names(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  step(): void {
    const chance = this.#random.next();
    const name = this.#pick();
    if (chance < 0.6) this.#deliver(name, this.#pick());
    else if (chance < 0.97) this.#act(name);
    else if (chance < 0.985) this.#restart(name);
    else this.#cut = new Set(this.#names.filter(() => this.#random.next() < 0.3));
  }

  heal(): void {
    this.#cut = new Set();
    for (let round = 0; round < 60; round += 1) {
      for (const to of this.#names) {
        for (const from of this.#names) this.#deliver(from, to);
        this.#act(to);
      }
    }
  }

  #pick(): string {
    return this.#names[Math.floor(this.#random.next() * this.#names.length)] ?? 'a';
  }

  #node(name: string): Node {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`there is no ${name}`);
    return node;
  }

  #deliver(from: string, to: string): void {
    if (from === to) return;
    const seen = this.#seen.get(to);
    const known = seen?.get(from);
    if (this.#cut.has(from) === this.#cut.has(to)) seen?.set(from, this.#announced(from));
    else if (known) seen?.set(from, { ...known, liveness: 'failed' });
  }

  #announced(name: string): Peer {
    const { identity: own } = this.#node(name);
    const { plan } = own;
    const launched = this.launched.get(name);
    const vote = plan && { id: plan.plan.id, stage: plan.stage };
    const coordinates = plan?.plan.coordinator === `id-${name}`;
    return peer(name, {
      status: launched || (own.memberId !== null && plan === null) ? 'running' : 'restoring',
      data: launched || own.memberId !== null ? 'readable' : 'none',
      lineage: launched ?? own.lineage,
      plan: vote && coordinates ? { ...vote, proposal: proposalOf(plan.plan) } : vote,
    });
  }

  #act(name: string): void {
    if (this.launched.has(name)) return;
    const node = this.#node(name);
    const peers = [...(this.#seen.get(name)?.values() ?? [])];
    const order = name === 'b' ? this.#order : null;
    const data = node.identity.memberId === null ? 'none' : 'readable';
    const facts = { identity: node.identity, peers, order, data: { kind: data } } as const;
    const decision = decide(lifecycleFacts({ ...facts, store: 'snapshot' }));
    if (decision.kind !== 'act' || decision.path !== 'restore-from-snapshot') return;
    const nonce = `${name}.${node.proposals}`;
    const restore = { choice: node.choice, hasFetched: node.hasFetched, order };
    this.#take(name, planStep({ identity: node.identity, peers, nonce, restore }));
  }

  #take(name: string, step: PlanStep): void {
    const node = this.#node(name);
    const pin = (plan: PinnedPlan | null) => {
      node.identity = { ...node.identity, plan };
    };
    switch (step.kind) {
      case 'choose':
        node.choice = { ...choice, id: `s-${name}`, ...(this.#order ? { replaces: 'l1' } : {}) };
        break;
      case 'fetch':
        node.hasFetched = true;
        break;
      case 'acknowledge':
        if (step.plan.coordinator !== node.identity.nodeId) {
          if (this.#stages(node, step.plan)) break;
          this.#noteReady(name, step.plan.id);
        }
        node.proposals += 1;
        this.plans.set(step.plan.id, step.plan);
        pin({ stage: 'acknowledged', plan: step.plan });
        break;
      case 'commit':
        if (this.#stages(node, step.plan)) break;
        this.#noteReady(name, step.plan.id);
        pin({ stage: 'committed', plan: step.plan });
        break;
      case 'launch':
        pin({ stage: 'launched', plan: step.plan });
        this.launched.set(name, step.plan.id);
        break;
      case 'release':
        pin(null);
        break;
      case 'wait':
        break;
    }
  }

  /** True where it had not staged the plan, and does so now. */
  #stages(node: Node, { id }: BootstrapPlan): boolean {
    const isDone = node.staged === id;
    node.staged = id;
    return !isDone;
  }

  #noteReady(name: string, id: string): void {
    const names = this.ready.get(id) ?? new Set();
    this.ready.set(id, names.add(name));
  }

  /** e2d dies and comes back: what it pinned and staged is there; an order and a choice are not. */
  #restart(name: string): void {
    this.#seen.get(name)?.clear();
    Object.assign(this.#node(name), { choice: null, hasFetched: false });
  }

  /** What no two-phase commit may come to; null when all is well. */
  violation(): string | null {
    for (const [name, id] of this.launched) {
      const plan = this.plans.get(id);
      const missing = plan?.members.filter((one) => !this.ready.get(id)?.has(one.name));
      if (missing?.length !== 0) return `${name} launched ${id} before all were ready for it`;
      if (this.#node(name).staged !== id) return `${name} launched ${id}, which it had not staged`;
    }
    const plans = new Set(this.launched.values());
    return plans.size > 1 ? `${[...plans].join(' and ')} both came true` : null;
  }
}

describe('S4: whatever gossip does, one snapshot at the most is restored', () => {
  test.each([
    ['a lost cluster', 3, false],
    ['a lost cluster with a spare node', 4, false],
    ['a lost cluster with two spare nodes', 5, false],
    ['a cluster that goes back', 3, true],
  ] as const)('%s', (_, size, goesBack) => {
    let launchedBeforeHealing = 0;
    for (let seed = 1; seed <= 150; seed += 1) {
      const pool = new Pool(size, new SeededRandom(seed * 1_000 + size), goesBack);
      for (let step = 0; step < 300; step += 1) {
        pool.step();
        const violation = pool.violation();
        if (violation !== null) throw new Error(`seed ${seed}: ${violation}`);
      }
      launchedBeforeHealing += pool.launched.size > 0 ? 1 : 0;
      pool.heal();
      expect(pool.violation(), `seed ${seed}`).toBeNull();
      expect(new Set(pool.launched.values()).size, `seed ${seed}`).toBe(1);
      expect(pool.launched.size, `seed ${seed}`).toBe(3);
    }
    expect(launchedBeforeHealing).toBeGreaterThan(15);
  });
});
