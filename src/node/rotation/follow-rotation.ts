import { isDeepStrictEqual } from 'node:util';
import { BehaviorSubject, type Observable } from 'rxjs';
import type { MemberId, RotationWork } from '../../../machines/facts.ts';
import { E2dError, textOf } from '../../errors/e2d-error.ts';
import type { CallOptions, EtcdEndpoint } from '../../etcd/client/endpoint.ts';
import type { NodeReport, Rotation } from '../../etcd/pki/rotation.ts';
import { readRotationOrders, writeNodeReport } from '../../etcd/pki/rotation-register.ts';
import type { Log } from '../../log/create-log.ts';
import { readCertificates } from '../../pki/read-certificates.ts';
import type { Clock } from '../clock.ts';
import { doRotationWork } from './do-rotation-work.ts';
import { disk, type FileAccess, factsOf, type NodeFiles } from './node-files.ts';
import { rotationWork } from './rotation-work.ts';
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

/** Null: no change is under way. */
export type RotationDemand = { readonly work: RotationWork | null } | null;

type Orders = Awaited<ReturnType<typeof readRotationOrders>>;

const idleMs = 10_000;
const busyMs = 1_500;
const timeoutMs = 2_000;

/**
 * A node's part in a change of authorities: looks now and then whether there is one and what it
 * asks of this node, and tells the cluster how far the node is. What it told before it is told no
 * second time. The work itself is done when the chart says so. The owner starts and stops it.
 */
export class RotationFollower {
  readonly #parts: FollowParts;
  readonly #stop = new AbortController();
  readonly #demand$ = new BehaviorSubject<RotationDemand>(null);
  #before: Promise<void> = Promise.resolve();
  #timer: unknown = null;
  #told: Omit<NodeReport, 'reportedAt'> | null = null;
  #toldBy: MemberId | null = null;
  #problems: readonly string[] = [];
  #warned = '';

  constructor(parts: FollowParts) {
    this.#parts = parts;
  }

  /** What the change that is under way asks of this node, as of the last look; null: none is. */
  get demand$(): Observable<RotationDemand> {
    return this.#demand$;
  }

  start(): void {
    this.#schedule(0);
  }

  stop(): void {
    this.#stop.abort();
    this.#parts.clock.clearTimeout(this.#timer);
  }

  /** One look, and word of it. Rejects with an `EtcdFault` where etcd cannot be asked. */
  look(): Promise<void> {
    return this.#alone(() => this.#look());
  }

  async #look(): Promise<void> {
    const me = this.#parts.member();
    if (me === null) return;
    const orders = await readRotationOrders(this.#parts.own, this.#bounds());
    await this.#tell(me, orders.rotation);
    this.#demand$.next(await this.#demand(orders));
  }

  /**
   * Does this work, if it is still what is to be done, and tells the cluster. Rejects with
   * `E2D_ROTATION_OBSTRUCTED` where a file is in the way: others hear of that, too.
   */
  follow(work: RotationWork): Promise<void> {
    return this.#alone(() => this.#follow(work));
  }

  async #follow(work: RotationWork): Promise<void> {
    const { files, clock, log, access = disk } = this.#parts;
    const orders = await readRotationOrders(this.#parts.own, this.#bounds());
    const demand = await this.#demand(orders);
    if (orders.rotation !== null && demand?.work === work) {
      const { rotation, reissued } = orders;
      const request = { files, rotation, reissued, access, now: clock.wallTime() };
      const { changed, problems } = await doRotationWork(work, request);
      this.#problems = problems;
      if (changed.length > 0) log.info({ files: changed }, sentences[work]);
    }
    const problems = this.#problems;
    await this.#look();
    if (problems.length === 0) return;
    throw new E2dError(`The authorities are being changed. ${problems.join(' ')}`, {
      code: 'E2D_ROTATION_OBSTRUCTED',
    });
  }

  /** A look in the middle of the work would tell a later phase what is no longer so when it ends. */
  #alone(act: () => Promise<void>): Promise<void> {
    const turn = this.#before.then(act);
    this.#before = turn.catch(() => undefined);
    return turn;
  }

  /** Certificates are taken once there are some. */
  async #demand({ rotation, reissued }: Orders): Promise<RotationDemand> {
    if (rotation === null || !isUnderWay(rotation)) return null;
    const { files, trustOfEtcd, access = disk } = this.#parts;
    const { trusted, certificates } = await factsOf(files, access);
    const mine = standingOf({ trusted, certificates, etcd: trustOfEtcd() }, rotation);
    const work = rotationWork(rotation, mine);
    if (work !== 'take-certificates') return { work };
    const held = certificates.flatMap(({ certificate }) =>
      readCertificates(certificate).slice(0, 1),
    );
    return { work: held.some(({ fingerprint }) => reissued.has(fingerprint)) ? work : null };
  }

  async #tell(me: { id: MemberId; name: string }, rotation: Rotation | null): Promise<void> {
    const { own, files, trustOfEtcd, takeUp, clock, access = disk } = this.#parts;
    const { problems: unread, ...facts } = await factsOf(files, access);
    if (rotation === null) this.#problems = [];
    const report = {
      node: me.name,
      rotation: rotation && { id: rotation.id, phase: rotation.phase },
      etcd: trustOfEtcd(),
      ...facts,
      problems: [...unread, ...this.#problems],
    };
    if (me.id === this.#toldBy && isDeepStrictEqual(report, this.#told)) return;
    await takeUp();
    const reportedAt = clock.wallTime().toISOString();
    const written = { report: { ...report, reportedAt }, bounds: this.#bounds() };
    await writeNodeReport(own, me.id, written);
    this.#told = report;
    this.#toldBy = me.id;
  }

  #bounds(): CallOptions {
    return { signal: this.#stop.signal, timeoutMs };
  }

  #schedule(afterMs: number): void {
    this.#timer = this.#parts.clock.setTimeout(() => {
      void this.#lookSafely().then(() => {
        if (this.#stop.signal.aborted) return;
        this.#schedule(this.#demand$.value === null ? idleMs : busyMs);
      });
    }, afterMs);
  }

  /** A cluster that cannot be asked now is asked again; the chart tells what ails it. */
  async #lookSafely(): Promise<void> {
    try {
      await this.look();
      this.#warned = '';
    } catch (problem) {
      if (this.#stop.signal.aborted || this.#demand$.value === null) return;
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
