import { isDeepStrictEqual } from 'node:util';
import type { MemberId } from '../../../machines/facts.ts';
import { textOf } from '../../errors/e2d-error.ts';
import type { CallOptions, EtcdEndpoint } from '../../etcd/client/endpoint.ts';
import type { NodeReport, Rotation } from '../../etcd/pki/rotation.ts';
import { readRotationOrders, writeNodeReport } from '../../etcd/pki/rotation-register.ts';
import type { Log } from '../../log/create-log.ts';
import type { Clock } from '../clock.ts';
import { doRotationWork } from './do-rotation-work.ts';
import { disk, type FileAccess, factsOf, type NodeFiles } from './node-files.ts';
import { type RotationWork, rotationWork } from './rotation-work.ts';
import { standingOf } from './standing.ts';

export interface FollowParts {
  readonly files: NodeFiles;
  /** Our own member. */
  readonly own: EtcdEndpoint;
  /** Null while the node runs no member: nothing is looked at then. */
  readonly member: () => { readonly id: MemberId; readonly name: string } | null;
  /** The authorities that the running etcd was started with; null where that is not known. */
  readonly trustOfEtcd: () => NodeReport['etcd'];
  /**
   * Has e2d itself trust and show what is in the files now. Awaited before others are told of it:
   * they may rely on it at once.
   */
  readonly takeUp: () => Promise<void>;
  readonly clock: Pick<Clock, 'wallTime' | 'setTimeout' | 'clearTimeout'>;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly access?: FileAccess;
}

const idleMs = 10_000;
const busyMs = 1_500;
const timeoutMs = 2_000;

/**
 * A node's part in a change of authorities: looks now and then whether there is one, does the next
 * piece of work with the node's own files, and tells the cluster how far it is. What it told before
 * it is told no second time. The owner starts and stops it.
 */
export class RotationFollower {
  readonly #parts: FollowParts;
  readonly #stop = new AbortController();
  #timer: unknown = null;
  #told: Omit<NodeReport, 'reportedAt'> | null = null;
  #toldBy: MemberId | null = null;
  #warned = '';
  #rotation: Rotation | null = null;

  constructor(parts: FollowParts) {
    this.#parts = parts;
  }

  /** The change that is under way, as of the last look; null: none. */
  get rotation(): Rotation | null {
    return this.#rotation;
  }

  start(): void {
    this.#schedule(0);
  }

  stop(): void {
    this.#stop.abort();
    this.#parts.clock.clearTimeout(this.#timer);
  }

  /** One look, and the work that it shows. Rejects where etcd cannot be asked. */
  async look(): Promise<void> {
    const { own, member, files, trustOfEtcd, takeUp, clock, access = disk } = this.#parts;
    const me = member();
    if (me === null) return;
    const bounds: CallOptions = { signal: this.#stop.signal, timeoutMs };
    const { rotation, reissued } = await readRotationOrders(own, bounds);
    this.#rotation = rotation !== null && isUnderWay(rotation) ? rotation : null;
    const problems = rotation === null ? [] : await this.#work(rotation, { reissued, access });
    const { problems: unread, ...facts } = await factsOf(files, access);
    const report = {
      node: me.name,
      rotation: rotation && { id: rotation.id, phase: rotation.phase },
      etcd: trustOfEtcd(),
      ...facts,
      problems: [...unread, ...problems],
    };
    if (me.id === this.#toldBy && isDeepStrictEqual(report, this.#told)) return;
    await takeUp();
    const reportedAt = clock.wallTime().toISOString();
    await writeNodeReport(own, me.id, { report: { ...report, reportedAt }, bounds });
    this.#told = report;
    this.#toldBy = me.id;
  }

  async #work(
    rotation: Rotation,
    given: Pick<Parameters<typeof doRotationWork>[1], 'reissued' | 'access'>,
  ): Promise<readonly string[]> {
    const { files, trustOfEtcd, clock, log } = this.#parts;
    const { trusted, certificates } = await factsOf(files, given.access);
    const mine = standingOf({ trusted, certificates, etcd: trustOfEtcd() }, rotation);
    const work = rotationWork(rotation, mine);
    if (work === null) return [];
    const now = clock.wallTime();
    const { changed, problems } = await doRotationWork(work, { files, rotation, now, ...given });
    const said = problems.join(' ');
    if (changed.length > 0) log.info({ files: changed }, sentences[work]);
    if (said !== '' && said !== this.#warned) {
      log.warn(`The authorities are being changed. ${said}`);
    }
    this.#warned = said;
    return problems;
  }

  #schedule(afterMs: number): void {
    this.#timer = this.#parts.clock.setTimeout(() => {
      void this.#lookSafely().then(() => {
        if (this.#stop.signal.aborted) return;
        this.#schedule(this.#rotation === null ? idleMs : busyMs);
      });
    }, afterMs);
  }

  /** A cluster that cannot be asked now is asked again; the chart tells what ails it. */
  async #lookSafely(): Promise<void> {
    try {
      await this.look();
      this.#warned = this.#rotation === null ? '' : this.#warned;
    } catch (problem) {
      if (this.#stop.signal.aborted || this.#rotation === null) return;
      const said = textOf(problem);
      if (said !== this.#warned) {
        this.#parts.log.warn(`The change of authorities cannot be followed: ${said}`);
      }
      this.#warned = said;
    }
  }
}

const sentences: Readonly<Record<RotationWork, string>> = {
  'trust-both': 'The authorities are being changed: both stand in these files now.',
  'take-certificates': 'The authorities are being changed: these certificates are of the new one.',
  'drop-old': 'The authorities are being changed: the old one was taken out of these files.',
  'drop-new': 'The change of authorities is called off: the new one was taken out of these files.',
};

function isUnderWay({ phase }: Rotation): boolean {
  return phase !== 'done' && phase !== 'aborted';
}
