import type { World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';

/** Of all clusters that ever acknowledged a write there is one. */
export class OneLineage implements Checker {
  readonly violations: Violation[] = [];

  finish({ etcd, time }: World): void {
    const lineages = new Set(etcd.acknowledged.map(({ clusterId }) => clusterId));
    if (lineages.size <= 1) return;
    const sentence = `writes were acknowledged by ${lineages.size} clusters: ${[...lineages].join(', ')}`;
    this.violations.push({ rule: 'S7', sentence, atMs: time.nowMs() });
  }
}
