import type { SocketAddress } from './address.ts';
import type { AddressResolver } from './address-resolver.ts';
import { backOffMs } from './back-off.ts';
import type { Clock, TimerHandle } from './clock.ts';
import type { MemberRecord } from './member-record.ts';
import type { MemberTable } from './member-table.ts';
import type { Membership } from './membership.ts';
import { socketAddressOf } from './packet-port.ts';
import { jittered, type Random } from './random.ts';
import type { GossipSettings } from './settings.ts';
import type { StateExchange } from './state-exchange.ts';

const JITTER_SHARE = 0.2;

export interface BootstrapperDeps {
  readonly settings: GossipSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly table: MemberTable;
  readonly membership: Membership;
  readonly resolver: AddressResolver;
  readonly exchange: StateExchange;
}

/** One bootstrap address, tried again and again on its own schedule. */
interface Contact {
  readonly text: string;
  /** Attempts in a row that left us alone, or somebody behind the address missing. */
  failures: number;
  timer: TimerHandle | undefined;
  busy: boolean;
}

/**
 * Keeps a node in touch with its bootstrap addresses for ever. While it knows no other alive node
 * it tries them urgently; later it tries those that are no alive members at leisure, so that a pool
 * that was cut in two and forgot its other half becomes one again.
 */
export class Bootstrapper {
  readonly #deps: BootstrapperDeps;
  readonly #contacts: readonly Contact[];
  #stopped = false;

  constructor(deps: BootstrapperDeps, addresses: readonly string[]) {
    this.#deps = deps;
    this.#contacts = [...new Set(addresses)].map((text) => ({
      text,
      failures: 0,
      timer: undefined,
      busy: false,
    }));
  }

  start(): void {
    for (const contact of this.#contacts) this.#attempt(contact);
  }

  stop(): void {
    this.#stopped = true;
    for (const contact of this.#contacts) this.#cancel(contact);
  }

  /** A node was lost: whoever is missing is looked for at a quick pace again. */
  memberLost(): void {
    for (const contact of this.#contacts) {
      contact.failures = 1;
      if (!contact.busy) this.#schedule(contact);
    }
  }

  #attempt(contact: Contact): void {
    contact.timer = undefined;
    contact.busy = true;
    void this.#reachMissing(contact.text).then((nobodyMissing) => {
      contact.busy = false;
      const settled = nobodyMissing && !this.#isAlone() && !this.#deps.membership.isContested();
      contact.failures = settled ? 0 : contact.failures + 1;
      this.#schedule(contact);
    });
  }

  /**
   * True when all that the address stands for are alive members, ourselves aside. Never rejects.
   */
  async #reachMissing(text: string): Promise<boolean> {
    const { resolver } = this.#deps;
    const found = await resolver.resolve(text);
    if (this.#stopped) return true;
    const missing = found.filter((address) => this.#isMissing(address));
    const reached = await Promise.all(missing.map((address) => this.#join(address)));
    return found.length > 0 && reached.every(Boolean);
  }

  #isMissing(address: SocketAddress): boolean {
    const { table, membership } = this.#deps;
    const isAt = (record: MemberRecord) => {
      const known = socketAddressOf(record);
      return known?.addr === address.addr && known.port === address.port;
    };
    if (isAt(table.self)) return false;
    return membership.isContested() || !table.othersAlive().some(isAt);
  }

  #join(address: SocketAddress): Promise<boolean> {
    return new Promise((resolve) => {
      this.#deps.exchange.exchangeWith(address, true, ({ kind }) => resolve(kind !== 'failed'));
    });
  }

  #schedule(contact: Contact): void {
    if (this.#stopped) return;
    this.#cancel(contact);
    const { clock, random } = this.#deps;
    const waitMs = jittered(this.#pauseMs(contact), JITTER_SHARE, random);
    contact.timer = clock.setTimeout(() => this.#attempt(contact), waitMs);
  }

  #pauseMs({ failures }: Contact): number {
    const { settings } = this.#deps;
    if (this.#isAlone()) {
      const { bootstrapMinDelayMs: minMs, bootstrapMaxDelayMs: maxMs } = settings;
      return backOffMs({ minMs, maxMs }, failures);
    }
    const { mergeMinDelayMs: minMs, mergeMaxDelayMs: maxMs } = settings;
    return failures === 0 ? maxMs : backOffMs({ minMs, maxMs }, failures);
  }

  #isAlone(): boolean {
    return this.#deps.table.othersAlive().length === 0;
  }

  #cancel(contact: Contact): void {
    if (contact.timer !== undefined) this.#deps.clock.clearTimeout(contact.timer);
    contact.timer = undefined;
  }
}
