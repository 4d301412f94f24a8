import { sameBytes } from './address.ts';
import type { MemberRecord } from './member-record.ts';
import { type Random, shuffled } from './random.ts';
import {
  eventTypeOf,
  type GossipEvent,
  type GossipEventType,
  type GossipView,
  type Member,
  memberOf,
} from './view.ts';

/** Every remembered node, ourselves included, and the one place where changes become events. */
export class MemberTable {
  readonly #records = new Map<string, MemberRecord>();
  readonly #publish: (event: GossipEvent) => void;
  readonly #unpublished: GossipEvent[] = [];
  #publishing = false;
  #view: GossipView;
  #self: MemberRecord;

  constructor(self: MemberRecord, publish: (event: GossipEvent) => void) {
    this.#publish = publish;
    this.#self = self;
    this.#records.set(self.name, self);
    this.#view = this.#viewWith(memberOf(self, self.name));
  }

  get self(): MemberRecord {
    return this.#self;
  }

  /** Known nodes, ourselves and the dead included: the `n` of the protocol's formulas. */
  get size(): number {
    return this.#records.size;
  }

  get(name: string): MemberRecord | undefined {
    return this.#records.get(name);
  }

  all(): MemberRecord[] {
    return [...this.#records.values()];
  }

  others(): MemberRecord[] {
    return this.all().filter((record) => record.name !== this.#self.name);
  }

  othersAlive(): MemberRecord[] {
    return this.others().filter(({ state }) => state === 'alive' || state === 'suspect');
  }

  /** Up to `count` different others that `accept`, in random order. */
  sample(count: number, random: Random, accept: (record: MemberRecord) => boolean): MemberRecord[] {
    return shuffled(this.others().filter(accept), random).slice(0, count);
  }

  view(): GossipView {
    return this.#view;
  }

  /** Stores what is now believed, and publishes it if it is more than a new incarnation. */
  put(record: MemberRecord): void {
    const previous = this.#records.get(record.name);
    this.#records.set(record.name, record);
    if (record.name === this.#self.name) this.#self = record;
    const before = this.#view.members.get(record.name) ?? null;
    const member = memberOf(record, this.#self.name);
    this.#view = this.#viewWith(member);
    if (previous !== undefined && !isNews(previous, record)) return;
    this.#announce(eventTypeOf(previous, record), member, before);
  }

  /** Our own port, once it is known. Nobody has been told of us before, so it is no news. */
  putOwnPort(port: number): void {
    this.#self = { ...this.#self, port };
    this.#records.set(this.#self.name, this.#self);
    this.#view = this.#viewWith(memberOf(this.#self, this.#self.name));
  }

  forget(name: string): void {
    const member = this.#view.members.get(name);
    if (member === undefined || name === this.#self.name) return;
    this.#records.delete(name);
    const members = new Map(this.#view.members);
    members.delete(name);
    this.#view = { self: this.#view.self, members };
    this.#announce('forgotten', member, member);
  }

  #viewWith(member: Member): GossipView {
    const members = new Map(this.#view?.members).set(member.name, member);
    return { self: member.isSelf ? member : this.#view.self, members };
  }

  /** A subscriber may cause the next event: events still come one after the other, in order. */
  #announce(type: GossipEventType, member: Member, previous: Member | null): void {
    this.#unpublished.push({ type, member, previous, view: this.#view });
    if (this.#publishing) return;
    this.#publishing = true;
    try {
      for (let next = this.#unpublished.shift(); next; next = this.#unpublished.shift()) {
        this.#publish(next);
      }
    } finally {
      this.#publishing = false;
    }
  }
}

function isNews(previous: MemberRecord, record: MemberRecord): boolean {
  return (
    previous.state !== record.state ||
    previous.port !== record.port ||
    !sameBytes(previous.addr, record.addr) ||
    !sameBytes(previous.meta, record.meta)
  );
}
