import type { ClusterId } from '../../../machines/facts.ts';
import { quorumMargin } from '../../../machines/quorum.ts';
import type { RuleId } from '../../../machines/rules.ts';
import type { ConfigChangeEvent } from '../etcd/events.ts';
import type { ClusterDraft, World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';
import { Presence } from './presence.ts';

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
  /** By cluster: one that was restored counts anew, for its own keys are cleared (S5). */
  readonly #removalsAtMs = new Map<ClusterId, number[]>();
  /** When each learner was added. */
  readonly #addedAtMs = new Map<string, number>();
  readonly #presence = new Presence();

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
        this.#addedAtMs.set(event.memberId, event.atMs);
        break;
      case 'promote':
        this.#checkPromotion(event);
        break;
      case 'remove':
        if (event.votersBefore.includes(event.memberId)) this.#checkRemoval(event);
        else this.#checkLearnersTime(event);
        break;
    }
  }

  #checkPromotion(event: ConfigChangeEvent): void {
    const lag = event.lagEntries;
    // The learner was close when it was looked at; the leader may have gone on a little since.
    if (lag === null || lag <= 1_000) return;
    this.#blame('S13', event, `the learner lacks ${lag} entries`);
  }

  /** A learner whose disk was lost, or never written, may be replaced at once (S12). */
  #checkLearnersTime(event: ConfigChangeEvent): void {
    const { memberId, atMs } = event;
    const hadMs = atMs - (this.#addedAtMs.get(memberId) ?? Number.NEGATIVE_INFINITY);
    if (!this.#hasItsData(event) || hadMs >= this.#draft.learnerTimeoutMs * tolerance) return;
    this.#blame('S13', event, `the learner had ${Math.round(hadMs)} ms to catch up`);
  }

  #checkRemoval(event: ConfigChangeEvent): void {
    const { votersBefore, learnersBefore, memberId, atMs } = event;
    if (learnersBefore.length > 0) this.#blame('S14', event, 'a learner is on its way');
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
    const removals = this.#removalsAtMs.get(event.clusterId) ?? [];
    const lately = removals.filter((one) => one > atMs - hourMs);
    if (lately.length >= this.#draft.maxRemovalsPerHour) {
      const cap = this.#draft.maxRemovalsPerHour;
      this.#blame('S14', event, `${lately.length} were removed within the hour, of ${cap} allowed`);
    }
    this.#removalsAtMs.set(event.clusterId, [...removals, atMs]);
    this.#checkAbsence(event);
  }

  /** Who came back a moment ago cannot be known to have. */
  #knownHealthy(event: ConfigChangeEvent): readonly string[] {
    const { healthyBefore, memberId } = event;
    return this.#awayMs(event) > 0 ? healthyBefore.filter((id) => id !== memberId) : healthyBefore;
  }

  /** For how long the leader's machine has not heard the member's. */
  #awayMs({ member, leaderId, atMs }: ConfigChangeEvent): number {
    const { machines } = this.#world();
    const observed = machines.find(({ config }) =>
      member.peerUrls.includes(config.urls.peerAdvertise),
    );
    const leader = machines.find(({ disk }) => disk.data?.memberId === leaderId);
    if (observed === undefined || leader === undefined) return 0;
    return this.#presence.awayMs(leader.name, observed.name, atMs, evidenceMaxAgeMs);
  }

  /** Gone for the whole time-out (S11), or its disk is (S12). */
  #checkAbsence(event: ConfigChangeEvent): void {
    if (!this.#hasItsData(event)) return;
    const awayMs = this.#awayMs(event);
    if (awayMs >= this.#draft.healthCheckTimeoutMs * tolerance) return;
    this.#blame('S11', event, `it has its data, and was away for ${Math.round(awayMs)} ms`);
  }

  #hasItsData({ memberId }: ConfigChangeEvent): boolean {
    return this.#world().machines.some(
      ({ disk }) => disk.state === 'readable' && disk.data?.memberId === memberId,
    );
  }

  /** To be called every little while. */
  look(world: World): void {
    this.#presence.look(world);
  }

  #blame(
    rule: RuleId,
    { memberId, atMs }: Pick<ConfigChangeEvent, 'memberId' | 'atMs'>,
    why: string,
  ): void {
    this.violations.push({ rule, sentence: `member ${memberId}: ${why}`, atMs });
  }
}
