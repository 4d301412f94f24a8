import type { Rotation } from '../../etcd/pki/rotation.ts';
import { areCertificatesDone, areFilesDone, isEtcdDone, type Standing } from './standing.ts';

/** What a node has to do with its own files. */
export type RotationWork = 'trust-both' | 'take-certificates' | 'drop-old' | 'drop-new';

/**
 * The next thing to do, one at a time; null: nothing, or nothing yet. New certificates are taken
 * only once the node itself trusts them, etcd and all: its own e2d is shown them, too.
 */
export function rotationWork(
  { phase }: Pick<Rotation, 'phase'>,
  mine: Standing,
): RotationWork | null {
  switch (phase) {
    case 'trust-both':
      return areFilesDone(mine, phase) ? null : 'trust-both';
    case 'reissue':
      if (!areFilesDone(mine, phase)) return 'trust-both';
      return isEtcdDone(mine, phase) && !areCertificatesDone(mine, phase)
        ? 'take-certificates'
        : null;
    case 'drop-old':
      if (!areCertificatesDone(mine, phase)) return 'take-certificates';
      return areFilesDone(mine, phase) ? null : 'drop-old';
    case 'abort':
      return areFilesDone(mine, phase) || !areCertificatesDone(mine, phase) ? null : 'drop-new';
    case 'done':
    case 'aborted':
      return null;
  }
}
