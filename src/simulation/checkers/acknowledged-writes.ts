import { writeName } from '../etcd/writes.ts';
import type { World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';

/**
 * No write that was acknowledged to anybody is missing from the history that can be elected, unless
 * more disks were lost than quorum allows.
 */
export class AcknowledgedWrites implements Checker {
  readonly violations: Violation[] = [];

  finish({ etcd, time, isDisaster }: World): void {
    if (isDisaster) return;
    const histories = new Map(
      [...etcd.clusters().keys()].map((clusterId) => [clusterId, etcd.durableWrites(clusterId)]),
    );
    const lost = etcd.acknowledged.filter(
      ({ clusterId, key, value }) =>
        value !== null && !histories.get(clusterId)?.has(writeName(key, value)),
    );
    const [first] = lost;
    if (first === undefined) return;
    const sentence = `${lost.length} acknowledged writes are lost, the first of them ${first.key} at revision ${first.revision}`;
    this.violations.push({ rule: 'S1', sentence, atMs: time.nowMs() });
  }
}
