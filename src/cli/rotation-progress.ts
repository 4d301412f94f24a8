import { harmless } from '../errors/shown.ts';
import type { RotationState } from '../node/rotation/conduct-rotation.ts';
import { type MemberProgress, progressOf } from '../node/rotation/next-move.ts';
import { newsOf, phaseLine, rotationLines } from './render-rotation.ts';
import type { Terminal } from './terminal.ts';

const csi = '\u001b[';
/** A line that wrapped would be two, and could not be drawn over. */
const [noWrap, wrap] = [`${csi}?7l`, `${csi}?7h`];

/** Shows how a change of authorities goes: a table that is drawn over, or a line for each news. */
export class RotationProgress {
  readonly #terminal: Terminal;
  #phase = '';
  #members: readonly MemberProgress[] = [];
  #drawn = '';
  #trouble = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(state: RotationState, now: Date): void {
    this.#trouble = '';
    if (state.rotation === null) return;
    if (this.#terminal.errIsTerminal) {
      this.#draw(rotationLines(state, now));
      return;
    }
    const line = phaseLine(state.rotation);
    const members = progressOf({ ...state, rotation: state.rotation }, now);
    const isNewPhase = line !== this.#phase;
    if (isNewPhase) this.say(line);
    for (const news of newsOf(isNewPhase ? [] : this.#members, members)) this.say(news);
    this.#phase = line;
    this.#members = members;
  }

  /** A line that stays, above what is drawn after it. */
  say(line: string): void {
    this.#drawn = '';
    this.#terminal.err(`${line}\n`);
  }

  /** Said once, until the cluster has answered again. */
  trouble(sentence: string): void {
    if (sentence === this.#trouble) return;
    this.#trouble = sentence;
    this.say(harmless(sentence));
  }

  /** Over what was drawn before, unless something was said meanwhile. */
  #draw(lines: readonly string[]): void {
    const text = `${lines.join('\n')}\n`;
    if (text === this.#drawn) return;
    const height = this.#drawn.split('\n').length - 1;
    const back = height === 0 ? '' : `${csi}${height}A${csi}J`;
    this.#terminal.err(`${noWrap}${back}${text}${wrap}`);
    this.#drawn = text;
  }
}
