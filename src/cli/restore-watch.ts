import type { RestoreOrder } from '../../machines/facts.ts';
import type { InspectedStep, InspectReport } from '../../machines/inspect-report.ts';
import { leavesOf } from '../../machines/state-path.ts';
import { enteredStates } from './inspect-blocks.ts';

export interface Watched {
  readonly kind: RestoreOrder['kind'];
  /** Of the cluster before; null where none is known. */
  readonly lineage: string | null;
  /** Of the latest step before the order was given. */
  readonly afterSeq: number;
  /** Of the e2d that took the order. */
  readonly pid: number;
}

export type Verdict =
  | { readonly kind: 'goesOn' }
  | { readonly kind: 'done'; readonly lineage: string }
  | { readonly kind: 'failed'; readonly sentence: string };

export interface WatchNews {
  readonly lines: readonly string[];
  readonly verdict: Verdict;
}

const goesOn: Verdict = { kind: 'goesOn' };

/** Reads from a node's reports how a restore goes: give it each of them, in order. */
export class RestoreWatch {
  readonly #watched: Watched;
  #seq: number;
  #pid: number;
  #hasBegun = false;
  #isSecured = false;
  #securedAs: string | null = null;
  #fault: string | null = null;
  #wait: string | null = null;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#seq = watched.afterSeq;
    this.#pid = watched.pid;
  }

  /** What the next report may leave out. */
  get seq(): number {
    return this.#seq;
  }

  /** The snapshot that was taken of what is left behind; null while none is known. */
  get securedAs(): string | null {
    return this.#securedAs;
  }

  note(report: InspectReport): WatchNews {
    this.#noteProcess(report);
    const news = report.recent.filter(({ seq }) => seq > this.#seq);
    this.#seq = news.at(-1)?.seq ?? this.#seq;
    const lines = news.flatMap((step) => this.#noteStep(step));
    this.#noteSecured(report);
    const refusal = news.find((step) => this.#isIgnored(step));
    const verdict = refusal === undefined ? this.#verdictOf(report) : ignored(refusal);
    return { lines: [...lines, ...this.#waitLines(report)], verdict };
  }

  /** An e2d that was started anew counts its steps from the beginning. */
  #noteProcess({ node }: InspectReport): void {
    if (node.pid === this.#pid) return;
    this.#pid = node.pid;
    this.#seq = 0;
  }

  #noteStep(step: InspectedStep): readonly string[] {
    const { event, from, to, summary, effects } = step;
    if (isRestoring(to)) this.#hasBegun = true;
    if (event === 'xstate.done.actor.secureBeforeRestore') this.#isSecured = true;
    const entered = enteredStates(from, to).filter((state) => !passing.test(state));
    const [reason] = effects.flatMap(({ reason: one }) => (one === null ? [] : [one]));
    const why = reason === undefined ? '' : `: ${reason.sentence} (rule ${reason.rule})`;
    const lines = from === to || entered.length === 0 ? [] : [`${entered.join(', ')}${why}`];
    if (!event.startsWith('xstate.error.actor.')) return lines;
    this.#fault = summary;
    return [summary, ...lines];
  }

  /** The snapshot is known by its id from the first report on that was made after it. */
  #noteSecured({ snapshots, node }: InspectReport): void {
    if (!this.#isSecured || this.#securedAs !== null || !isRestoring(node.state)) return;
    this.#securedAs = snapshots?.last?.id ?? null;
  }

  /** What only adds to the wait is told when it changes. */
  #waitLines({ waitingFor }: InspectReport): readonly string[] {
    const sentence = waitingFor?.sentence ?? null;
    if (sentence === this.#wait) return [];
    this.#wait = sentence;
    return sentence === null ? [] : [`waits: ${sentence}`];
  }

  /** The node's state left no room for the order, though it had seemed fit. */
  #isIgnored({ event, to }: InspectedStep): boolean {
    return (
      event === 'operator.restore.requested' && this.#watched.kind !== 'approve' && !isRestoring(to)
    );
  }

  #verdictOf({ node, cluster, quorum }: InspectReport): Verdict {
    const { kind, lineage } = this.#watched;
    const isSettled = leavesOf(node.state).includes('active.running.standing.voting');
    const isNew = cluster.lineage !== null && cluster.lineage !== lineage;
    if (isNew && cluster.lineage !== null && isSettled && quorum.state === 'held') {
      return { kind: 'done', lineage: cluster.lineage };
    }
    if (node.state === 'failed' || node.state === 'stopped') {
      return { kind: 'failed', sentence: `e2d has ended (${this.#fault ?? node.state})` };
    }
    // A lost cluster stays lost until it is restored: that is tried again by itself.
    if (kind === 'approve' || !this.#hasBegun || isNew) return goesOn;
    const isBack =
      node.path !== 'restore-from-snapshot' &&
      leavesOf(node.state).some((leaf) => leaf.startsWith('active.running.')) &&
      (kind === 'rebuild' || (isSettled && quorum.state === 'held'));
    return isBack ? { kind: 'failed', sentence: this.#fault ?? 'the order was withdrawn' } : goesOn;
  }
}

/** States that are left as soon as they are entered, and regions that begin with every run. */
const passing = /\.(beginning|pinned|agreeing|looked|taken)$|^(backup|proof|membership|quorum)\./;

function isRestoring(state: string): boolean {
  return state.includes('restoringFromSnapshot');
}

function ignored({ to }: InspectedStep): Verdict {
  return { kind: 'failed', sentence: `the node was in no state to take the order (${to})` };
}
