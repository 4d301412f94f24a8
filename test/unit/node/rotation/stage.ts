import type { Member } from '../../../../machines/facts.ts';
import type {
  Condition,
  EtcdEndpoint,
  KeyValue,
  Operation,
} from '../../../../src/etcd/client/endpoint.ts';
import { scriptedEndpoint } from '../../etcd/scripted-endpoint.ts';

/** Something that does one thing after the other, each when it is its turn. */
interface Actor {
  readonly act: (turn: () => Promise<void>) => Promise<unknown>;
  readonly onCrash: () => void;
  /** What it is about to do; null: it has yet to begin. */
  release: (() => void) | null;
  life: number;
}

/** Has actors take turns, one step of one of them at a time; a crashed one goes on no more. */
export class Stage {
  readonly #actors: Actor[] = [];
  #settled: () => void = () => undefined;

  add(act: Actor['act'], onCrash: Actor['onCrash'] = () => undefined): void {
    this.#actors.push({ act, onCrash, release: null, life: 0 });
  }

  get size(): number {
    return this.#actors.length;
  }

  /** Until the actor is about to do the next thing, or has ended and may begin anew. */
  async step(index: number): Promise<void> {
    const actor = this.#actors[index];
    if (actor === undefined) throw new Error(`there is no actor ${index}`);
    const settled = new Promise<void>((resolve) => {
      this.#settled = resolve;
    });
    const release = actor.release;
    if (release === null) this.#begin(actor);
    else release();
    await settled;
  }

  /** Whatever it is about to do is never done. */
  crash(index: number): void {
    const actor = this.#actors[index];
    if (actor === undefined) return;
    actor.life += 1;
    actor.release = null;
    actor.onCrash();
  }

  #begin(actor: Actor): void {
    actor.life += 1;
    const { life } = actor;
    const turn = () =>
      new Promise<void>((resolve) => {
        if (actor.life !== life) return;
        actor.release = resolve;
        this.#settled();
      });
    const ended = () => {
      if (actor.life !== life) return;
      actor.release = null;
      this.#settled();
    };
    actor.release = () => undefined;
    actor.act(turn).then(ended, ended);
  }
}

/** The keys of an etcd, with the transactions that are made here. */
export class Keys {
  readonly #pairs = new Map<string, KeyValue>();
  #revision = 0;

  /** As one member serves them: each call waits for its turn. */
  endpoint(members: readonly Member[], turn: () => Promise<void>): EtcdEndpoint {
    return scriptedEndpoint('https://member', {
      memberList: async () => ({ clusterId: 'c', members: [...members] }),
      put: async (key, value) => {
        await turn();
        this.#revision += 1;
        this.#do({ kind: 'put', key, value });
        return String(this.#revision);
      },
      transact: async ({ conditions, success, failure = [] }) => {
        await turn();
        this.#revision += 1;
        const succeeded = conditions.every((one) => this.#holds(one));
        const found = (succeeded ? success : failure).map((one) => this.#do(one));
        return { succeeded, found, revision: String(this.#revision) };
      },
    });
  }

  get texts(): readonly string[] {
    return [...this.#pairs.values()].map(({ value }) => value);
  }

  #holds(condition: Condition): boolean {
    const pair = this.#pairs.get(condition.key);
    return 'modRevision' in condition
      ? (pair?.modRevision ?? '0') === condition.modRevision
      : (pair?.createRevision ?? '0') === condition.createRevision;
  }

  #do(operation: Operation): readonly KeyValue[] {
    const { key } = operation;
    const revision = String(this.#revision);
    if (operation.kind === 'put') {
      const createRevision = this.#pairs.get(key)?.createRevision ?? revision;
      this.#pairs.set(key, { key, value: operation.value, createRevision, modRevision: revision });
      return [];
    }
    const isMeant = (one: string) =>
      operation.kind === 'get' && operation.prefix === true
        ? one.startsWith(key)
        : operation.kind === 'delete' && operation.end !== undefined
          ? one >= key && one < operation.end
          : one === key;
    const found = [...this.#pairs.values()].filter((pair) => isMeant(pair.key));
    if (operation.kind === 'delete') for (const pair of found) this.#pairs.delete(pair.key);
    return operation.kind === 'get' ? found : [];
  }
}
