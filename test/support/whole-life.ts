import { expect } from 'vitest';
import { TestCluster, type TestClusterOptions } from './cluster.ts';
import { expectNothingLost, type Witnesses } from './cluster-assertions.ts';
import type { HealthyView } from './healthy-view.ts';
import type { Shelf } from './shelf.ts';
import type { TestNode } from './test-node.ts';
import { expectRestored, fillAndShelve, loseAll } from './total-loss.ts';

const flags = ['--health-check-timeout', '5s', '--max-removals-per-hour', '100'];

/** All that is written is read back from every member in every chapter. */
const writeEveryMs = 60;

/** A cluster from its first start on, through every kind of loss there is, one after the other. */
export class WholeLife {
  readonly cluster: TestCluster;
  readonly #shelf: Shelf;
  #witnesses: Witnesses | null = null;

  constructor(shelf: Shelf, options: TestClusterOptions) {
    this.#shelf = shelf;
    const all = [...flags, ...shelf.flags, ...(options.flags ?? [])];
    this.cluster = new TestCluster({ ...options, flags: all });
  }

  async bootstraps(): Promise<void> {
    await this.cluster.startHealthy();
    const writer = this.cluster.writer(this.cluster.nodes, writeEveryMs);
    this.#witnesses = { writer, recorder: this.cluster.recorder() };
    await this.#seen.writer.hasWritten(5);
  }

  /** Every e2d is killed and started again: the same etcds go on. */
  async adopts(): Promise<void> {
    const before = await this.#settled();
    const { nodes } = this.cluster;
    const pids = nodes.map((node) => node.etcdPid);
    await Promise.all(nodes.map((node) => node.killE2d()));
    await this.#seen.writer.hasWritten(5);
    for (const node of nodes) node.start();
    await this.#expectSameMembers(before);
    expect(nodes.map((node) => node.etcdPid)).toEqual(pids);
  }

  async survivesKillOfEtcd(): Promise<void> {
    const before = await this.#settled();
    const leader = await this.cluster.leader();
    const pid = leader.etcdPid;
    await leader.killEtcd();
    await this.#expectSameMembers(before);
    expect(leader.etcdPid).not.toBe(pid);
  }

  async survivesLossOfPower(): Promise<void> {
    const before = await this.#settled();
    await Promise.all(this.cluster.nodes.map((node) => node.killBoth()));
    this.cluster.start();
    await this.#expectSameMembers(before);
  }

  /** An orderly stop, and another start. */
  async restarts(): Promise<void> {
    const before = await this.#settled();
    const exits = await Promise.all(this.cluster.nodes.map((node) => node.stop()));
    expect(new Set(exits.map(({ code }) => code))).toEqual(new Set([0]));
    this.cluster.start();
    await this.#expectSameMembers(before);
  }

  async replacesLostDisk(role: 'leader' | 'follower'): Promise<void> {
    const before = await this.#settled();
    const lost = await this.cluster[role]();
    await lost.killBoth();
    await lost.loseDisk();
    lost.start();
    const after = await expectNothingLost(this.cluster, this.#seen);
    expect(memberAt(after, lost)).not.toBe(memberAt(before, lost));
  }

  /** One is gone for good and is removed; a node at a new address takes its place. */
  async replacesLostNode(): Promise<void> {
    await this.#settled();
    const gone = await this.cluster.follower();
    await gone.killBoth();
    await gone.loseDisk();
    const { nodes } = this.cluster;
    const successor = this.cluster.addNode();
    nodes.splice(nodes.indexOf(gone), 1);
    successor.start();
    const view = await expectNothingLost(this.cluster, this.#seen);
    expect(memberAt(view, gone)).toBeUndefined();
    expect(memberAt(view, successor)).toBeDefined();
  }

  /** The last chapter: nothing of the cluster is left but what its store holds. */
  async returnsFromTotalLoss(): Promise<void> {
    await this.#settled();
    await this.#seen.writer.stop();
    const filled = await fillAndShelve(this.cluster, this.#shelf);
    const lost = await loseAll(this.cluster, this.#shelf, filled);
    this.cluster.start();
    await expectRestored(this.cluster, this.#shelf, lost);
  }

  get #seen(): Witnesses {
    if (this.#witnesses === null) throw new Error('the cluster was not started yet');
    return this.#witnesses;
  }

  async #settled(): Promise<HealthyView> {
    const view = await this.cluster.isHealthy();
    await Promise.all(this.cluster.nodes.map((node) => node.isSettled()));
    return view;
  }

  async #expectSameMembers(before: HealthyView): Promise<void> {
    const after = await expectNothingLost(this.cluster, this.#seen);
    expect(after.members).toEqual(before.members);
    await Promise.all(this.cluster.nodes.map((node) => node.isSettled()));
  }
}

function memberAt({ members }: HealthyView, node: TestNode): string | undefined {
  return members.find(({ peerUrls }) => peerUrls.includes(node.peerUrl))?.id;
}
