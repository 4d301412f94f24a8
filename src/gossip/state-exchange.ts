import { formatAddress, type SocketAddress } from './address.ts';
import type { Clock, TimerHandle } from './clock.ts';
import type { MemberTable } from './member-table.ts';
import type { Membership } from './membership.ts';
import type { PushPull } from './messages.ts';
import { socketAddressOf } from './packet-port.ts';
import type { Problems } from './problems.ts';
import type { Random } from './random.ts';
import type { GossipSettings } from './settings.ts';
import { pushPullDelayMs } from './spreading.ts';
import type { StreamClient } from './stream-client.ts';

/** What an application adds to an exchange of whole states. Called synchronously; be quick. */
export interface UserState {
  /** At most 2 MiB. `join` is true when one side is just joining. */
  local(join: boolean): Uint8Array;
  merge(state: Uint8Array, join: boolean): void;
}

export interface StateExchangeDeps {
  readonly settings: GossipSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly problems: Problems;
  readonly table: MemberTable;
  readonly membership: Membership;
  readonly streams: StreamClient;
  readonly userState: UserState | undefined;
}

const MAX_USER_STATE_BYTES = 2 * 1024 * 1024;
const NO_STATE = new Uint8Array(0);

/** How an exchange ended. `self`: whoever answered knows nobody but a node of our name. */
export type ExchangeOutcome =
  | { readonly kind: 'merged' }
  | { readonly kind: 'self' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Push/pull: two nodes tell each other all they know. Joining, and repair of lost gossip. */
export class StateExchange {
  readonly #deps: StateExchangeDeps;
  #timer: TimerHandle | undefined;

  constructor(deps: StateExchangeDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { random, settings } = this.#deps;
    this.#schedule(random.next() * settings.pushPullIntervalMs);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#deps.clock.clearTimeout(this.#timer);
  }

  /** Asks a node for its state and gives it ours. */
  exchangeWith(
    to: SocketAddress,
    join: boolean,
    onDone: (outcome: ExchangeOutcome) => void = () => {},
  ): void {
    const { streams, settings, problems } = this.#deps;
    streams.request({
      to,
      message: this.#ownState(join),
      timeoutMs: settings.tcpTimeoutMs,
      onAnswer: (answer) => {
        if (answer.type !== 'pushPull') {
          onDone({ kind: 'failed', reason: `it answered with ${answer.type}` });
          return;
        }
        onDone(this.#merge(answer, to));
      },
      onFailure: (reason) => {
        if (reason.startsWith('it refused')) {
          const where = formatAddress(to);
          problems.report('refusedByPeer', where, `${where} does not take us in: ${reason}`);
        }
        onDone({ kind: 'failed', reason });
      },
    });
  }

  /**
   * Our answer, as things stood before the question: a restarted node learns what we held of it.
   */
  answer(question: PushPull, from: SocketAddress): PushPull {
    const own = this.#ownState(question.join);
    this.#merge(question, from);
    return own;
  }

  #ownState(join: boolean): PushPull {
    const nodes = this.#deps.membership.ownState();
    return { type: 'pushPull', join, nodes, userState: this.#localUserState(join) };
  }

  #localUserState(join: boolean): Uint8Array {
    const { userState, problems, table } = this.#deps;
    const state = userState?.local(join) ?? NO_STATE;
    if (state.length <= MAX_USER_STATE_BYTES) return state;
    const text = `our own state of ${state.length} bytes is not sent: at most 2 MiB are allowed`;
    problems.report('userStateFailed', table.self.name, text);
    return NO_STATE;
  }

  #merge(state: PushPull, from: SocketAddress): ExchangeOutcome {
    const { membership, problems, table, userState } = this.#deps;
    const where = formatAddress(from);
    const conflict = membership.merge(state.nodes);
    if (conflict !== undefined) {
      const message = `nothing was taken over from ${where}: ${conflict}`;
      problems.report('incompatibleVersions', from.addr, message);
      return { kind: 'failed', reason: conflict };
    }
    if (userState !== undefined && state.userState.length > 0) {
      try {
        userState.merge(state.userState, state.join);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        problems.report('userStateFailed', from.addr, `the state of ${where} was refused: ${text}`);
      }
    }
    const meetsOthers = state.nodes.some(({ name }) => name !== table.self.name);
    return { kind: meetsOthers ? 'merged' : 'self' };
  }

  #schedule(waitMs: number): void {
    this.#timer = this.#deps.clock.setTimeout(() => this.#round(), waitMs);
  }

  #round(): void {
    const { settings, table, random } = this.#deps;
    this.#schedule(pushPullDelayMs(settings.pushPullIntervalMs, table.size));
    const [peer] = table.sample(1, random, ({ state }) => state === 'alive');
    const to = peer && socketAddressOf(peer);
    if (to !== undefined) this.exchangeWith(to, false);
  }
}
