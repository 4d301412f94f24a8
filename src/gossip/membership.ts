import { bytesToIp, formatAddress } from './address.ts';
import type { Awareness } from './awareness.ts';
import type { Clock } from './clock.ts';
import {
  isGone,
  judgeAlive,
  judgeDead,
  judgeSuspect,
  type MemberRecord,
  sameAddress,
} from './member-record.ts';
import type { MemberTable } from './member-table.ts';
import type { Alive, Dead, PacketMessage, PushPullNode, Suspect } from './messages.ts';
import type { Problems } from './problems.ts';
import { judgeAliveAboutSelf, mustRefuteAccusation, refutingIncarnation } from './self-record.ts';
import type { GossipSettings } from './settings.ts';
import { Suspicions } from './suspicions.ts';
import { hasSaneVersions, versionConflict } from './versions.ts';

export interface MembershipDeps {
  readonly settings: GossipSettings;
  readonly clock: Clock;
  readonly awareness: Awareness;
  readonly problems: Problems;
  readonly table: MemberTable;
  /** Tells the pool. News about the same node replaces each other. */
  readonly spread: (about: string, news: PacketMessage, onSpread?: () => void) => void;
}

/**
 * Who is in the pool: applies what is heard to the table, passes it on, and speaks for ourselves.
 */
export class Membership {
  readonly #deps: MembershipDeps;
  readonly #suspicions: Suspicions;
  #leaving = false;
  #contested = false;

  constructor(deps: MembershipDeps) {
    this.#deps = deps;
    const { clock, awareness, settings: rules } = deps;
    this.#suspicions = new Suspicions({
      clock,
      awareness,
      rules,
      onExpired: (name) => this.#declareDead(name),
    });
  }

  heardAlive(alive: Alive): void {
    const { table, clock, settings } = this.#deps;
    if (alive.node === table.self.name) {
      this.#heardAliveAboutSelf(alive);
      return;
    }
    const known = table.get(alive.node);
    if (known === undefined && !this.#admits(alive)) return;
    const context = {
      nowMs: clock.nowMs(),
      deadNodeReclaimTimeMs: settings.deadNodeReclaimTimeMs,
    };
    const verdict = judgeAlive(known, alive, context);
    if (verdict.kind === 'conflict') this.#reportConflict(alive, known);
    if (verdict.kind === 'malformed') this.#reportMalformed(alive.node, verdict.reason);
    if (verdict.kind !== 'accepted') return;
    this.#suspicions.stop(alive.node);
    this.#deps.spread(alive.node, alive);
    table.put(verdict.record);
  }

  heardSuspect(suspect: Suspect): void {
    const { table, clock } = this.#deps;
    if (suspect.node === table.self.name) {
      this.#heardAccusation(suspect.incarnation);
      return;
    }
    const verdict = judgeSuspect(table.get(suspect.node), suspect, clock.nowMs());
    if (verdict.kind === 'confirmation' && this.#suspicions.confirm(suspect.node, suspect.from)) {
      this.#deps.spread(suspect.node, suspect);
    }
    if (verdict.kind !== 'accepted') return;
    this.#deps.spread(suspect.node, suspect);
    this.#suspicions.start(suspect.node, suspect.from, table.size);
    table.put(verdict.record);
  }

  heardDead(dead: Dead): void {
    const { table, clock } = this.#deps;
    if (dead.node === table.self.name) {
      this.#heardAccusation(dead.incarnation);
      return;
    }
    const verdict = judgeDead(table.get(dead.node), dead, clock.nowMs());
    if (verdict.kind !== 'accepted') return;
    this.#suspicions.stop(dead.node);
    this.#deps.spread(dead.node, dead);
    table.put(verdict.record);
  }

  /**
   * Takes over what another node believes. Its dead are only suspects to us: they may refute. Gives
   * the reason when the two cannot be one pool; then nothing was taken over.
   */
  merge(nodes: readonly PushPullNode[]): string | undefined {
    const versioned = [...this.#deps.table.all().map(asPushPullNode), ...nodes].map(
      ({ name, state, vsn }) => ({ name, vsn, alive: state === 'alive' }),
    );
    const conflict = versionConflict(versioned);
    if (conflict !== undefined) return conflict;
    const { self } = this.#deps.table;
    const namesake = nodes.find(({ name }) => name === self.name);
    this.#contested = namesake !== undefined && !sameAddress(self, namesake);
    for (const node of nodes) this.#mergeNode(node);
    return undefined;
  }

  /**
   * True while the pool holds our name for another address: it does not know us, and only hears
   * of us when we ask again.
   */
  isContested(): boolean {
    return this.#contested;
  }

  /** What we tell in an exchange of whole states. */
  ownState(): PushPullNode[] {
    return this.#deps.table.all().map(asPushPullNode);
  }

  /** A probe of ours found no answer. */
  suspect(record: MemberRecord): void {
    this.heardSuspect(this.suspicionOf(record));
  }

  suspicionOf({ name, incarnation }: MemberRecord): Suspect {
    return { type: 'suspect', incarnation, node: name, from: this.#deps.table.self.name };
  }

  /** Announces ourselves anew, so that the pool takes over what changed. */
  announce(changes: { readonly meta: Uint8Array }): void {
    const { self } = this.#deps.table;
    const incarnation = refutingIncarnation(self.incarnation, 0);
    this.#speak({ ...self, ...changes, incarnation });
  }

  /** Says good-bye. `onSpread` runs when the pool was told often enough. */
  leave(onSpread: () => void): void {
    this.#leaving = true;
    const { table, clock } = this.#deps;
    const { name, incarnation } = table.self;
    this.#deps.spread(name, { type: 'dead', incarnation, node: name, from: name }, onSpread);
    table.put({ ...table.self, state: 'left', stateChangedAtMs: clock.nowMs() });
  }

  /** Forgets who has been gone for so long that nobody needs to be told any more. */
  forgetTheLongGone(): string[] {
    const { table, clock, settings } = this.#deps;
    const gone = table.others().filter((record) => {
      const sinceMs = clock.nowMs() - record.stateChangedAtMs;
      return isGone(record) && sinceMs > settings.gossipToTheDeadTimeMs;
    });
    for (const { name } of gone) table.forget(name);
    return gone.map(({ name }) => name);
  }

  stop(): void {
    this.#suspicions.stopAll();
  }

  #mergeNode(node: PushPullNode): void {
    const { name, incarnation } = node;
    const us = this.#deps.table.self.name;
    switch (node.state) {
      case 'alive':
        this.heardAlive({ ...node, type: 'alive', node: name });
        break;
      case 'left':
        this.heardDead({ type: 'dead', incarnation, node: name, from: name });
        break;
      case 'dead':
      case 'suspect':
        this.heardSuspect({ type: 'suspect', incarnation, node: name, from: us });
        break;
    }
  }

  #heardAliveAboutSelf(alive: Alive): void {
    if (this.#leaving) return;
    const { self } = this.#deps.table;
    const meaning = judgeAliveAboutSelf(self, alive);
    if (meaning === 'conflict') this.#reportConflict(alive, self);
    if (meaning === 'refute') this.#refute(alive.incarnation);
  }

  #heardAccusation(incarnation: number): void {
    if (this.#leaving) return;
    if (mustRefuteAccusation(this.#deps.table.self, incarnation)) this.#refute(incarnation);
  }

  #refute(accusedIncarnation: number): void {
    const { self } = this.#deps.table;
    const incarnation = refutingIncarnation(self.incarnation, accusedIncarnation);
    this.#deps.awareness.adjust(1);
    this.#speak({ ...self, incarnation });
  }

  #speak(self: MemberRecord): void {
    const { name, addr, port, meta, vsn, incarnation } = self;
    this.#deps.spread(name, { type: 'alive', node: name, incarnation, addr, port, meta, vsn });
    this.#deps.table.put(self);
  }

  #declareDead(name: string): void {
    const { table } = this.#deps;
    const record = table.get(name);
    if (record?.state !== 'suspect') return;
    const { incarnation } = record;
    this.heardDead({ type: 'dead', incarnation, node: name, from: table.self.name });
  }

  #admits(alive: Alive): boolean {
    const { table, settings, problems } = this.#deps;
    if (table.size >= settings.maxNodes) {
      const text = `more than ${settings.maxNodes} nodes are announced; new ones are ignored`;
      problems.report('tooManyNodes', table.self.name, text);
      return false;
    }
    const conflict = versionConflict([
      { ...table.self, alive: true },
      { name: alive.node, alive: true, vsn: alive.vsn },
    ]);
    if (conflict === undefined || !hasSaneVersions(alive.vsn)) return true;
    problems.report('incompatibleVersions', alive.node, `ignored as a member: ${conflict}`);
    return false;
  }

  #reportConflict(alive: Alive, known: MemberRecord | undefined): void {
    const where = (at: { addr: Uint8Array; port: number } | undefined) =>
      at === undefined
        ? 'nowhere'
        : formatAddress({ addr: bytesToIp(at.addr) ?? '?', port: at.port });
    const message =
      `two nodes are named ${alive.node}: one at ${where(known)}, another at ${where(alive)}; ` +
      'the second is ignored';
    this.#deps.problems.report('nameConflict', `${alive.node} ${where(alive)}`, message);
  }

  #reportMalformed(name: string, reason: string): void {
    const shown = JSON.stringify(name.slice(0, 64));
    const message = `the announcement of node ${shown} is ignored: ${reason}`;
    this.#deps.problems.report('malformedMember', name.slice(0, 64), message);
  }
}

function asPushPullNode(record: MemberRecord): PushPullNode {
  const { name, addr, port, meta, incarnation, state, vsn } = record;
  return { name, addr, port, meta, incarnation, state, vsn };
}
