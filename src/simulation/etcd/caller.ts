import type { CallOptions, LeaseId } from '../../etcd/client/endpoint.ts';
import { EtcdFault } from '../../etcd/client/etcd-fault.ts';
import type { Calls } from './endpoint.ts';
import type { AcknowledgedWrite } from './events.ts';
import type { RaftGroup } from './group.ts';
import type { RaftMember } from './member.ts';
import type { SimulatedProcess } from './process.ts';
import type { Answer, Service } from './requests.ts';
import { type EtcdWorld, hostOf } from './world.ts';

/** A process that listens, and the member it has become, if it got that far. */
export interface Listener {
  readonly process: SimulatedProcess;
  readonly member: RaftMember | null;
  readonly group: RaftGroup | null;
}

export interface CallerOptions {
  readonly world: EtcdWorld;
  readonly fromHost: string;
  readonly url: string;
  readonly listenerAt: (clientUrl: string) => Listener | null;
  readonly nextLeaseId: () => LeaseId;
  readonly onAcknowledged: (writes: readonly AcknowledgedWrite[]) => void;
}

const defaultTimeoutMs = 2_000;

/** One client's connection to one member's client URL. */
export class Caller implements Calls {
  readonly url: string;
  readonly nextLeaseId: () => LeaseId;
  readonly #options: CallerOptions;
  readonly #host: string;
  readonly #underWay = new Set<Call<unknown>>();
  #closed = false;

  constructor(options: CallerOptions) {
    this.#options = options;
    this.#host = hostOf(options.url);
    this.url = options.url;
    this.nextLeaseId = options.nextLeaseId;
  }

  readonly call = <T>(service: Service<T>, options: CallOptions = {}): Promise<T> => {
    return new Promise((resolve, reject) => {
      const call = new Call<T>({ ...this.#options, host: this.#host, service, options });
      const known = call as Call<unknown>;
      this.#underWay.add(known);
      call.settle = (outcome) => {
        this.#underWay.delete(known);
        if (outcome instanceof EtcdFault) reject(outcome);
        else resolve(outcome.value);
      };
      if (this.#closed || options.signal?.aborted) call.abort();
      else call.send();
    });
  };

  readonly close = (): void => {
    this.#closed = true;
    for (const call of [...this.#underWay]) call.abort();
  };
}

type CallInput<T> = CallerOptions & {
  readonly host: string;
  readonly service: Service<T>;
  readonly options: CallOptions;
};

/** One call on its way: to the member, through its service, and back. */
class Call<T> {
  settle: (outcome: Answer<T> | EtcdFault) => void = () => undefined;
  readonly #input: CallInput<T>;
  readonly #deadlineMs: number;
  #timer: unknown;
  #over = false;
  #forgetProcess: () => void = () => undefined;
  readonly #onAbort = () => this.abort();

  constructor(input: CallInput<T>) {
    this.#input = input;
    const { timeoutMs = defaultTimeoutMs } = input.options;
    this.#deadlineMs = input.world.clock.nowMs() + timeoutMs;
  }

  send(): void {
    const { world, fromHost, host, options } = this.#input;
    options.signal?.addEventListener('abort', this.#onAbort);
    if (!world.reaches(fromHost, host)) this.#wait();
    else this.#at(world.latencyMs(fromHost, host), () => this.#arrive());
  }

  abort(): void {
    this.#finish(new EtcdFault('aborted', 'The call was ended by its caller.'));
  }

  /** The step of the call that comes next, unless its deadline comes first. */
  #at(delayMs: number, step: () => void): void {
    const { clock } = this.#input.world;
    if (clock.nowMs() + delayMs >= this.#deadlineMs) return void this.#wait();
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => {
      if (!this.#over) step();
    }, delayMs);
  }

  /** Nothing is known to come before the deadline. */
  #wait(): void {
    const { clock } = this.#input.world;
    clock.clearTimeout(this.#timer);
    const fail = () => this.#finish(new EtcdFault('deadline', 'No answer came in time.'));
    this.#timer = clock.setTimeout(fail, Math.max(0, this.#deadlineMs - clock.nowMs()));
  }

  #arrive(): void {
    const { world, fromHost, host, url, listenerAt, service } = this.#input;
    if (!world.reaches(fromHost, host)) return void this.#wait();
    const listener = listenerAt(url);
    if (listener === null) return void this.#refused();
    this.#wait();
    this.#forgetProcess = listener.process.atEnd(() => this.#refused());
    listener.process.accept(() => {
      const { member, group } = listener;
      // What arrived is done even where its caller has given up.
      if (member === null || group === null) return;
      service(group, member, (answer) => this.#answered(member, answer));
    });
  }

  /** The connection is refused, or ends. */
  #refused(): void {
    this.#back(0, new EtcdFault('unavailable', 'Nothing answers there.'));
  }

  #answered({ clusterId }: RaftMember, answer: Answer<T> | EtcdFault): void {
    this.#forgetProcess();
    this.#back(answer instanceof EtcdFault ? 0 : (answer.laterMs ?? 0), answer, clusterId);
  }

  #back(afterMs: number, answer: Answer<T> | EtcdFault, clusterId = ''): void {
    if (this.#over) return;
    const { world, fromHost, host } = this.#input;
    this.#at(afterMs + world.latencyMs(host, fromHost), () => {
      if (!world.reaches(host, fromHost)) return void this.#wait();
      this.#acknowledge(answer, clusterId);
      this.#finish(answer);
    });
  }

  #acknowledge(answer: Answer<T> | EtcdFault, clusterId: string): void {
    if (answer instanceof EtcdFault || !answer.written?.length) return;
    const { world, onAcknowledged } = this.#input;
    const revision = String(answer.revision ?? 0);
    const atMs = world.clock.nowMs();
    onAcknowledged(answer.written.map((write) => ({ clusterId, revision, ...write, atMs })));
  }

  #finish(outcome: Answer<T> | EtcdFault): void {
    if (this.#over) return;
    this.#over = true;
    const { world, options, url } = this.#input;
    world.clock.clearTimeout(this.#timer);
    options.signal?.removeEventListener('abort', this.#onAbort);
    this.#forgetProcess();
    this.settle(outcome instanceof EtcdFault ? located(outcome, url) : outcome);
  }
}

function located({ code, message }: EtcdFault, url: string): EtcdFault {
  return new EtcdFault(code, `${url}: ${message}`);
}
