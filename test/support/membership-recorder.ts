import { setTimeout as pause } from 'node:timers/promises';
import type { MemberList } from '../../machines/facts.ts';
import { EtcdGateway } from './etcd-gateway.ts';
import { waitUntil } from './wait-until.ts';

/**
 * Watches the member lists of all endpoints all the time and remembers every cluster id and member
 * id ever seen. etcd never gives a member id twice, so a removal followed by an addition shows as a
 * new id even when both happened between two polls.
 */
export class MembershipRecorder {
  readonly clusterIds = new Set<string>();
  readonly memberIds = new Set<string>();
  /** The most learners that one list had. */
  mostLearners = 0;
  readonly #gateways: EtcdGateway[];
  readonly #loop: Promise<void>;
  #running = true;
  /** Rounds that were begun, and the last one that saw a list. */
  #begun = 0;
  #seen = 0;

  constructor(endpoints: readonly string[], everyMs = 200) {
    this.#gateways = endpoints.map((endpoint) => new EtcdGateway(endpoint, 1_000));
    this.#loop = this.#watch(everyMs);
  }

  /** Resolves when a round that began after the call has seen a member list. */
  async hasLooked(): Promise<void> {
    const next = this.#begun + 1;
    const what = 'a member list is recorded';
    await waitUntil(() => this.#seen >= next, { what, withinMs: 10_000, everyMs: 20 });
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#loop;
    for (const gateway of this.#gateways) gateway.close();
  }

  async #watch(everyMs: number): Promise<void> {
    while (this.#running) {
      this.#begun += 1;
      const round = this.#begun;
      await Promise.all(
        this.#gateways.map((gateway) =>
          gateway.members().then(
            (list) => {
              this.#record(list);
              this.#seen = round;
            },
            () => undefined,
          ),
        ),
      );
      await pause(everyMs);
    }
  }

  #record(list: MemberList): void {
    this.clusterIds.add(list.clusterId);
    for (const member of list.members) this.memberIds.add(member.id);
    const learners = list.members.filter((member) => member.learner).length;
    this.mostLearners = Math.max(this.mostLearners, learners);
  }
}
