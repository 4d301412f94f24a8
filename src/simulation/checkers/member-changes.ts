import { quorumMargin } from '../../../machines/quorum.ts';
import type { RuleId } from '../../../machines/rules.ts';
import type { ConfigChangeEvent } from '../etcd/events.ts';
import type { ClusterDraft, World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';

const hourMs = 3_600_000;
/** What a node's own clock and the pauses between two probes may make of a time-out. */
const tolerance = 0.75;
/** Evidence is as old as the time that an endpoint is given to answer, and the change itself. */
const evidenceMaxAgeMs = 2_500;

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
  readonly #backSinceMs = new Map<
    string,
    { readonly atMs: number; readonly awaySinceMs: number }
  >();

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
    const { votersBefore, memberId, atMs } = event;
    const healthyBefore = this.#knownHealthy(event);
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

  /** Who came back a moment ago cannot be known to have. */
  #knownHealthy({ healthyBefore, member, memberId, atMs }: ConfigChangeEvent): readonly string[] {
    const back = this.#backSinceMs.get(this.#machineOf(member)?.name ?? '');
    const isJustBack = back !== undefined && atMs - back.atMs <= evidenceMaxAgeMs;
    return isJustBack ? healthyBefore.filter((id) => id !== memberId) : healthyBefore;
  }

  #machineOf({ peerUrls }: ConfigChangeEvent['member']) {
    return this.#world().machines.find(({ config }) =>
      peerUrls.includes(config.urls.peerAdvertise),
    );
  }

  /** Gone for the whole time-out (S11), or its disk is (S12). */
  #checkAbsence({ member, memberId, atMs }: ConfigChangeEvent): void {
    const machine = this.#machineOf(member);
    if (machine?.disk.state !== 'readable' || machine.disk.data?.memberId !== memberId) return;
    const back = this.#backSinceMs.get(machine.name);
    const isJustBack = back !== undefined && atMs - back.atMs <= evidenceMaxAgeMs;
    const since = this.#awaySinceMs.get(machine.name) ?? (isJustBack ? back.awaySinceMs : atMs);
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
      const awaySinceMs = this.#awaySinceMs.get(machine.name);
      if (!serves) this.#awaySinceMs.set(machine.name, awaySinceMs ?? world.time.nowMs());
      else if (awaySinceMs !== undefined) {
        this.#awaySinceMs.delete(machine.name);
        this.#backSinceMs.set(machine.name, { atMs: world.time.nowMs(), awaySinceMs });
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
