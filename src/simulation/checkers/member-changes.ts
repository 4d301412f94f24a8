import { quorumMargin } from '../../../machines/quorum.ts';
import type { RuleId } from '../../../machines/rules.ts';
import type { ConfigChangeEvent } from '../etcd/events.ts';
import type { ClusterDraft, World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';

const hourMs = 3_600_000;
/** What a node's own clock and the pauses between two probes may make of a time-out. */
const tolerance = 0.75;

/**
 * S10 to S14 at the instant at which a leader takes a change of the member list into its log, by
 * what is true and not by what anybody believes.
 */
export class MemberChanges implements Checker {
  readonly violations: Violation[] = [];
  readonly #world: () => World;
  readonly #draft: ClusterDraft;
  readonly #removalsAtMs: number[] = [];
  /** Since when each machine's etcd does not run, or cannot be reached by the others. */
  readonly #awaySinceMs = new Map<string, number>();

  constructor(draft: ClusterDraft, world: () => World) {
    this.#draft = draft;
    this.#world = world;
  }

  configChanged(event: ConfigChangeEvent): void {
    switch (event.kind) {
      case 'add':
        this.#blame('S13', event, 'a voter was added that never was a learner');
        break;
      case 'addLearner':
        if (event.learnersBefore.length > 0) this.#blame('S13', event, 'there is a second learner');
        break;
      case 'promote':
        this.#checkPromotion(event);
        break;
      case 'remove':
        if (event.votersBefore.includes(event.memberId)) this.#checkRemoval(event);
        break;
    }
  }

  #checkPromotion(event: ConfigChangeEvent): void {
    const lag = event.lagEntries;
    // The learner was close when it was looked at; the leader may have gone on a little since.
    if (lag === null || lag <= 1_000) return;
    this.#blame('S13', event, `the learner lacks ${lag} entries`);
  }

  #checkRemoval(event: ConfigChangeEvent): void {
    const { votersBefore, healthyBefore, memberId, atMs } = event;
    const before = quorumMargin(healthyBefore.length, votersBefore.length);
    const left = votersBefore.filter((id) => id !== memberId);
    const healthyLeft = healthyBefore.filter((id) => id !== memberId);
    const after = quorumMargin(healthyLeft.length, left.length);
    if (before < 0) this.#blame('S11', event, 'quorum was not held before');
    if (after < 0 || after < before) {
      this.#blame('S11', event, `the margin goes from ${before} to ${after}`);
    }
    if (healthyBefore.includes(memberId)) this.#blame('S11', event, 'the member is well');
    const lately = this.#removalsAtMs.filter((one) => one > atMs - hourMs);
    if (lately.length >= this.#draft.maxRemovalsPerHour) {
      const cap = this.#draft.maxRemovalsPerHour;
      this.#blame('S14', event, `${lately.length} were removed within the hour, of ${cap} allowed`);
    }
    this.#removalsAtMs.push(atMs);
    this.#checkAbsence(event);
  }

  /** Gone for the whole time-out (S11), or its disk is (S12). */
  #checkAbsence({ member, memberId, atMs }: ConfigChangeEvent): void {
    const world = this.#world();
    const machine = world.machines.find(({ config }) =>
      member.peerUrls.includes(config.urls.peerAdvertise),
    );
    if (machine?.disk.state !== 'readable' || machine.disk.data?.memberId !== memberId) return;
    const since = this.#awaySinceMs.get(machine.name) ?? atMs;
    if (atMs - since >= this.#draft.healthCheckTimeoutMs * tolerance) return;
    this.#blame(
      'S11',
      { memberId, atMs },
      `it has its data, and was away for ${Math.round(atMs - since)} ms`,
    );
  }

  /** To be called every little while: who serves, and whom somebody reaches. */
  look(world: World): void {
    for (const machine of world.machines) {
      const others = world.machines.filter((other) => other !== machine);
      const reached = others.some(({ address }) => {
        const { links } = world;
        return links.reaches(address, machine.address) && links.reaches(machine.address, address);
      });
      const serves = machine.etcd?.isRunning === true && !machine.etcdPaused && reached;
      if (serves) this.#awaySinceMs.delete(machine.name);
      else if (!this.#awaySinceMs.has(machine.name)) {
        this.#awaySinceMs.set(machine.name, world.time.nowMs());
      }
    }
  }

  #blame(
    rule: RuleId,
    { memberId, atMs }: Pick<ConfigChangeEvent, 'memberId' | 'atMs'>,
    why: string,
  ): void {
    this.violations.push({ rule, sentence: `member ${memberId}: ${why}`, atMs });
  }
}
