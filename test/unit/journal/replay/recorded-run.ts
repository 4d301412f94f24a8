import type { AnyEventObject } from 'xstate';
import type { NodeSettings } from '../../../../machines/node/context.ts';
import {
  checkpointOf,
  firstEvent,
  firstStep,
  type NodeSnapshot,
  nextStep,
  type Step,
} from '../../../../machines/node/step.ts';
import { statePath } from '../../../../machines/state-path.ts';
import { contextHash } from '../../../../src/journal/context-hash.ts';
import {
  type Entry,
  entrySchema,
  formatName,
  formatVersion,
  type Header,
  headerSchema,
} from '../../../../src/journal/entry.ts';
import { identity, member, peer, settings, statuses } from '../../../support/builders.ts';
import { observed, prepared, probed } from '../../../support/chart-run.ts';

export interface Segment {
  readonly header: Header;
  readonly entries: Entry[];
}

/** A node's chart driven by hand, and recorded as e2d records it: through JSON. */
export class RecordedRun {
  readonly segments: Segment[] = [];
  readonly #settings: NodeSettings;
  readonly #name: string;
  readonly #begunAt: string;
  #snapshot: NodeSnapshot;
  #seq = 0;
  atMs = 1_000;

  constructor(name = 'a', own: Partial<NodeSettings> = {}, begunAt = '2026-01-02T10:00:00.000Z') {
    this.#name = name;
    this.#begunAt = begunAt;
    this.#settings = settings(name, own);
    this.segments.push({ header: this.#header(null), entries: [] });
    const first = firstStep(this.#settings);
    this.#snapshot = first.snapshot;
    this.#record(firstEvent, first);
  }

  get header(): Header {
    const header = this.segments[0]?.header;
    if (header === undefined) throw new Error('no segment');
    return header;
  }

  /** Of all segments. */
  get entries(): Entry[] {
    return this.segments.flatMap(({ entries }) => entries);
  }

  get state(): string {
    return statePath(this.#snapshot.value);
  }

  /** Time passes. */
  after(ms: number): this {
    this.atMs += ms;
    return this;
  }

  send(event: AnyEventObject): this {
    const step = nextStep(this.#snapshot, event);
    this.#snapshot = step.snapshot;
    return this.#record(event, step);
  }

  done(id: string, output: unknown): this {
    return this.send({ type: `xstate.done.actor.${id}`, output, actorId: id });
  }

  fails(id: string): this {
    const error = { code: 'unavailable', message: `${id} failed` };
    return this.send({ type: `xstate.error.actor.${id}`, error, actorId: id });
  }

  /** A delay of the chart runs out: the one that was scheduled last under this name. */
  elapse(name: string): this {
    const event = this.entries
      .flatMap(({ effects }) => effects)
      .findLast((one) => one.kind === 'schedule' && one.id.includes(`after.${name}.`));
    if (event?.kind !== 'schedule') throw new Error(`no delay ${name}`);
    return this.send(event.event);
  }

  /** The log goes on in another segment. */
  cut(): this {
    const { value, context, children } = checkpointOf(this.#snapshot);
    this.segments.push({
      header: this.#header({ seq: this.#seq, value, context, children }),
      entries: [],
    });
    return this;
  }

  #header(checkpoint: unknown): Header {
    const wallMs = Date.parse(this.#begunAt) + this.atMs - 1_000;
    return headerSchema.parse(
      JSON.parse(
        JSON.stringify({
          format: formatName,
          version: formatVersion,
          run: `run-${this.#name}-${this.#begunAt}`,
          segment: this.segments.length + 1,
          node: null,
          begunAt: new Date(wallMs).toISOString(),
          begunAtMs: this.atMs,
          e2d: '0.1.0',
          etcd: null,
          charts: { node: 'hash' },
          settings: this.#settings,
          config: {},
          checkpoint,
        }),
      ),
    );
  }

  #record(event: AnyEventObject, { snapshot, effects }: Step): this {
    this.#seq += 1;
    const entry = {
      seq: this.#seq,
      atMs: this.atMs,
      actor: 'node',
      event,
      state: statePath(snapshot.value),
      contextHash: contextHash(snapshot.context),
      effects,
    };
    this.segments.at(-1)?.entries.push(entrySchema.parse(JSON.parse(JSON.stringify(entry))));
    return this;
  }
}

export function probe(): AnyEventObject {
  return probed();
}

/** A settled voter of three, whose member c is gone from `goneAtMs` on. */
export function settledRun(own: Partial<NodeSettings> = {}, name = 'a', begunAt?: string) {
  const known = identity(name, { memberId: 'ma', clusterId: 'c1', lineage: 'l1' });
  return new RecordedRun(name, own, begunAt)
    .after(20)
    .done('prepare', prepared({ identity: known, data: { kind: 'readable' } }))
    .after(10)
    .done('launchEtcd', { pid: 7 })
    .after(100)
    .send(probed());
}

const members = [member('a'), member('b'), member('c')];

export function allAnswer(atMs: number): AnyEventObject {
  return observed(atMs, { members, statuses: statuses('a', 'b', 'c') });
}

export function cIsGone(atMs: number): AnyEventObject {
  return observed(atMs, { members, statuses: statuses('a', 'b') });
}

export function peersWithoutC(atMs: number): AnyEventObject {
  const b = peer('b', { status: 'running', data: 'readable', unreachable: ['mc'] });
  const c = peer('c', { status: 'running', data: 'readable', liveness: 'failed' });
  return { type: 'gossip.changed', atMs, peers: [b, c] };
}

/** Member c fails, and is removed at the time-out. */
export function removalRun(own: Partial<NodeSettings> = {}): RecordedRun {
  const run = settledRun(own);
  run.after(1_000).send(peersWithoutC(run.atMs));
  for (let second = 0; second <= 61; second += 1) run.after(1_000).send(cIsGone(run.atMs));
  return run;
}
