import type { World } from '../world.ts';
import type { Checker, Violation } from './checker.ts';

/**
 * Of all clusters that etcd ever ran in there is one, whether it has acknowledged a write or not.
 */
export class OneLineage implements Checker {
  readonly violations: Violation[] = [];

  finish({ etcd, time }: World): void {
    const lineages = [...etcd.clusters().keys()];
    if (lineages.length <= 1) return;
    const sentence = `etcd ran in ${lineages.length} clusters: ${lineages.join(', ')}`;
    this.violations.push({ rule: 'S7', sentence, atMs: time.nowMs() });
  }
}
