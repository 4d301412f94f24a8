import { describe, expect, test } from 'vitest';
import type { BootstrapPlan, Identity, Peer, PinnedPlan } from '../../../../machines/facts.ts';
import { decide } from '../../../../machines/lifecycle/decide.ts';
import {
  initialClusterOf,
  type PlanStep,
  planStep,
  proposalOf,
} from '../../../../machines/lifecycle/plan.ts';
import { SeededRandom } from '../../../../src/simulation/seeded-random.ts';
import { identity, lifecycleFacts, peer } from '../../../support/builders.ts';

function stepOf(own: Identity, peers: readonly Peer[], nonce = 'n0'): PlanStep {
  return planStep({ identity: own, peers, nonce, restore: null });
}

/** The plan that `a`, as the smallest node id, makes of itself, `b` and `c`. */
function proposed(): BootstrapPlan {
  const step = stepOf(identity('a'), [peer('b'), peer('c')]);
  if (step.kind !== 'acknowledge') throw new Error(`a plan was expected, not ${step.kind}`);
  return step.plan;
}

function bound(name: string, stage: PinnedPlan['stage'], plan = proposed()): Identity {
  return identity(name, { plan: { stage, plan } });
}

function voting(name: string, stage: PinnedPlan['stage'], plan = proposed()): Peer {
  const vote = { id: plan.id, stage };
  const isCoordinator = plan.coordinator === `id-${name}`;
  return peer(name, {
    status: 'planning',
    plan: isCoordinator ? { ...vote, proposal: proposalOf(plan) } : vote,
  });
}

describe('a bootstrap plan', () => {
  test('is proposed by the smallest node id, with exactly the required nodes', () => {
    const step = stepOf(identity('a'), [peer('d'), peer('c'), peer('b')]);
    expect(step).toMatchObject({
      kind: 'acknowledge',
      plan: { coordinator: 'id-a', members: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
    });
  });

  test('is waited for by everyone else', () => {
    expect(stepOf(identity('b'), [peer('a'), peer('c')]).kind).toBe('wait');
  });

  test('has an id that covers nonce and members', () => {
    const other = stepOf(identity('a'), [peer('b'), peer('c', { peerUrl: 'http://elsewhere:1' })]);
    const later = stepOf(identity('a'), [peer('b'), peer('c')], 'n1');
    const ids = [proposed().id, ...[other, later].map((step) => 'plan' in step && step.plan.id)];
    expect(new Set(ids).size).toBe(3);
  });

  test('names every member in the initial cluster', () => {
    expect(initialClusterOf(proposed())).toBe('a=http://a:2380,b=http://b:2380,c=http://c:2380');
  });

  test('is acknowledged by a node that sees the same members', () => {
    const step = stepOf(identity('b'), [voting('a', 'acknowledged'), peer('c')]);
    expect(step).toEqual({ kind: 'acknowledge', plan: proposed() });
  });

  test('is not acknowledged by a node that sees a member otherwise', () => {
    const c = peer('c', { peerUrl: 'http://elsewhere:1' });
    expect(stepOf(identity('b'), [voting('a', 'acknowledged'), c]).kind).toBe('wait');
  });

  test('is left alone by a fourth node, even one with the smallest node id', () => {
    const peers = [
      voting('a', 'acknowledged'),
      voting('b', 'acknowledged'),
      voting('c', 'acknowledged'),
    ];
    expect(stepOf(identity('0'), peers).kind).toBe('wait');
  });
});

describe('the coordinator', () => {
  const b = voting('b', 'acknowledged');
  const c = voting('c', 'acknowledged');

  test('commits when all have acknowledged', () => {
    expect(stepOf(bound('a', 'acknowledged'), [b, c]).kind).toBe('commit');
  });

  test('waits while one has not', () => {
    expect(stepOf(bound('a', 'acknowledged'), [b, peer('c')]).kind).toBe('wait');
  });

  test.each<[string, Peer[]]>([
    ['a member is suspected', [b, { ...c, liveness: 'suspect' }]],
    ['a member is gone', [b]],
    ['a member turns out to have data', [b, { ...c, data: 'readable' }]],
    ['a member turns out to have lost its disk', [b, { ...c, data: 'lost' }]],
    ['a node outside the plan has data', [b, c, peer('d', { data: 'readable' })]],
    ['a cluster runs already', [b, c, peer('d', { status: 'running' })]],
  ])('calls the plan off when %s', (_, peers) => {
    expect(stepOf(bound('a', 'acknowledged'), peers).kind).toBe('release');
  });

  test('launches what it has committed, whatever it sees then', () => {
    expect(stepOf(bound('a', 'committed'), []).kind).toBe('launch');
  });

  test('yields to a coordinator with a smaller node id, and waits for one with a larger', () => {
    const rivalled = (name: string, changes: Partial<Peer> = {}) =>
      peer(name, {
        plan: { id: 'rival', stage: 'acknowledged', proposal: { nonce: 'r', nodeIds: [] } },
        ...changes,
      });
    const own = bound('a', 'acknowledged');
    expect(stepOf(own, [rivalled('0'), b, c]).kind).toBe('release');
    expect(stepOf(own, [b, c, rivalled('d')]).kind).toBe('wait');
    expect(stepOf(own, [rivalled('0', { liveness: 'failed' }), b, c]).kind).toBe('commit');
  });
});

describe('a participant', () => {
  const own = bound('b', 'acknowledged');
  const c = voting('c', 'acknowledged');

  test('launches on the word of the coordinator', () => {
    expect(stepOf(own, [voting('a', 'committed'), c]).kind).toBe('launch');
  });

  test('launches when another participant has launched', () => {
    expect(stepOf(own, [voting('c', 'launched')]).kind).toBe('launch');
  });

  test('launches when a cluster of that lineage exists', () => {
    expect(stepOf(own, [peer('c', { lineage: proposed().id })]).kind).toBe('launch');
  });

  test('does not launch because all have acknowledged', () => {
    expect(stepOf(own, [voting('a', 'acknowledged'), c]).kind).toBe('wait');
  });

  test('stays bound while the coordinator is silent: only it knows whether it committed', () => {
    expect(stepOf(own, [{ ...voting('a', 'acknowledged'), liveness: 'failed' }, c]).kind).toBe(
      'wait',
    );
    expect(stepOf(own, [c]).kind).toBe('wait');
  });

  test('is free once the coordinator says that it follows the plan no longer', () => {
    expect(stepOf(own, [peer('a'), c]).kind).toBe('release');
  });

  test('stays bound to a coordinator that has data by now: the plan may have come true', () => {
    expect(stepOf(own, [peer('a', { data: 'readable' }), c]).kind).toBe('wait');
    expect(stepOf(own, [peer('a', { data: 'lost' }), c]).kind).toBe('wait');
  });
});

/**
 * Nodes with pinned plans, in a pool whose news is late, lost to partitions, and never out of
 * order.
 */
class Pool {
  readonly #random: SeededRandom;
  readonly #names: readonly string[];
  readonly #identities = new Map<string, Identity>();
  readonly #seen = new Map<string, Map<string, Peer>>();
  readonly #proposals = new Map<string, number>();
  readonly launched = new Map<string, string>();
  #cut = new Set<string>();

  constructor(size: number, random: SeededRandom) {
    this.#random = random;
    this.#names = ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, size);
    for (const name of this.#names) {
      this.#identities.set(name, identity(name));
      this.#seen.set(name, new Map());
    }
  }

  step(): void {
    const chance = this.#random.next();
    const name = this.#pick();
    if (chance < 0.5) this.#deliver(name, this.#pick());
    else if (chance < 0.9) this.#act(name);
    else if (chance < 0.94) this.#restart(name);
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

  #own(name: string): Identity {
    return this.#identities.get(name) ?? identity(name);
  }

  #deliver(from: string, to: string): void {
    if (from === to) return;
    if (this.#cut.has(from) !== this.#cut.has(to)) {
      const known = this.#seen.get(to)?.get(from);
      if (known) this.#seen.get(to)?.set(from, { ...known, liveness: 'failed' });
      return;
    }
    this.#seen.get(to)?.set(from, this.#announced(from));
  }

  #announced(name: string): Peer {
    const { plan } = this.#own(name);
    const isLaunched = this.launched.has(name);
    const vote = plan && { id: plan.plan.id, stage: plan.stage };
    const coordinates = plan?.plan.coordinator === `id-${name}`;
    return peer(name, {
      status: isLaunched ? 'running' : 'planning',
      data: isLaunched ? 'readable' : 'none',
      lineage: this.launched.get(name) ?? null,
      plan: vote && coordinates ? { ...vote, proposal: proposalOf(plan.plan) } : vote,
    });
  }

  #act(name: string): void {
    if (this.launched.has(name)) return;
    const own = this.#own(name);
    const peers = [...(this.#seen.get(name)?.values() ?? [])];
    const decision = decide(lifecycleFacts({ identity: own, peers }));
    if (decision.kind !== 'act' || decision.path !== 'bootstrap-new') return;
    const proposals = this.#proposals.get(name) ?? 0;
    this.#take(
      name,
      planStep({ identity: own, peers, nonce: `${name}.${proposals}`, restore: null }),
    );
  }

  #take(name: string, step: PlanStep): void {
    const own = this.#own(name);
    const pin = (plan: PinnedPlan | null) => this.#identities.set(name, { ...own, plan });
    switch (step.kind) {
      case 'acknowledge':
        this.#proposals.set(name, (this.#proposals.get(name) ?? 0) + 1);
        pin({ stage: 'acknowledged', plan: step.plan });
        break;
      case 'commit':
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

  /**
   * e2d dies and comes back: it knows what it had pinned, and nobody until they are heard again.
   */
  #restart(name: string): void {
    this.#seen.get(name)?.clear();
  }
}

describe('S7: whatever gossip does, one plan at the most comes true', () => {
  test.each([3, 4, 5])('among %i nodes, of which 3 are required', (size) => {
    let formed = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      const pool = new Pool(size, new SeededRandom(seed * 1_000 + size));
      for (let step = 0; step < 250; step += 1) {
        pool.step();
        const plans = new Set(pool.launched.values());
        if (plans.size > 1) throw new Error(`seed ${seed}: ${[...plans].join(' and ')} both began`);
      }
      pool.heal();
      expect(new Set(pool.launched.values()).size, `seed ${seed}`).toBe(1);
      expect(pool.launched.size, `seed ${seed}`).toBe(3);
      formed += 1;
    }
    expect(formed).toBe(400);
  });
});
