import type { DriverEntry } from '../../node/driver.ts';
import type { Life } from '../life.ts';
import type { Checker, Violation } from './checker.ts';

/** No data is moved aside that can be read, and is of a member that its cluster still lists. */
export class OwnDataKept implements Checker {
  readonly violations: Violation[] = [];

  stepped({ machine }: Life, { effects }: DriverEntry): void {
    if (!effects.some((effect) => effect.kind === 'start' && effect.src === 'moveDataAside'))
      return;
    const { disk, world, name } = machine;
    if (disk.data === null || disk.state !== 'readable') return;
    const { memberId, clusterId } = disk.data;
    const members = world.etcd.clusters().get(clusterId)?.members ?? [];
    if (!members.some(({ id }) => id === memberId)) return;
    const sentence = `${name} moves its data aside, and is member ${memberId} still`;
    this.violations.push({ rule: 'S2', sentence, atMs: world.time.nowMs() });
  }
}
