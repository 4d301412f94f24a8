import { setTimeout as pause } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { Screen } from '../terminal/screen.ts';
import { act } from './deeds.ts';
import type { FeedLine } from './feed.ts';
import { type Key, keysOf } from './keys.ts';
import type { Playground } from './playground.ts';
import { renderPlayground, type Size } from './render.ts';
import { viewOf } from './view-of.ts';

export interface PlayOptions {
  /** Starts the cluster to play with. */
  readonly start: (onFeed: (line: FeedLine) => void) => Promise<Playground>;
  /** Ends the play; with the reason `SIGHUP` when the terminal is gone. */
  readonly signal: AbortSignal;
  readonly input: ReadStream;
  /** A stream of its own: it must be able to fail, when the terminal is gone, on its own. */
  readonly output: WriteStream;
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly colour: boolean;
}

const hungUp = 'SIGHUP';
const drawEveryMs = 100;
const rateEveryMs = 1_000;
const feedKept = 200;
const ratesKept = 60;

/**
 * Shows a cluster live and does what keys ask for, until `q` or the signal. Nothing of it is left.
 * Gives whether the terminal was still there at the end.
 */
export async function play(options: PlayOptions): Promise<boolean> {
  const feed: FeedLine[] = [];
  const playground = await options.start((line) => {
    feed.push(line);
    feed.splice(0, feed.length - feedKept);
  });
  const screen = new Screen(options.output);
  const giveBack = () => screen.close();
  process.on('exit', giveBack);
  try {
    const end = await new Play(playground, screen, feed).run(options);
    if (end === hungUp) screen.abandon();
    else {
      screen.close();
      options.output.write('Ending every process and removing every file of the playground.\n');
    }
    return end !== hungUp;
  } finally {
    screen.close();
    process.off('exit', giveBack);
    await playground.destroy();
  }
}

class Play {
  readonly #playground: Playground;
  readonly #screen: Screen;
  readonly #feed: readonly FeedLine[];
  readonly #rates: number[] = [];
  readonly #quit = new AbortController();
  #selected = 0;
  #showsHelp = false;
  #shape = '';
  #deeds: Promise<void> = Promise.resolve();

  constructor(playground: Playground, screen: Screen, feed: readonly FeedLine[]) {
    this.#playground = playground;
    this.#screen = screen;
    this.#feed = feed;
  }

  /** Gives the reason for the end: a signal's name, or `quit`. */
  async run({ input, output, signal, size, colour }: PlayOptions): Promise<unknown> {
    const ended = AbortSignal.any([signal, this.#quit.signal]);
    const onInput = (chunk: Buffer | string) => {
      for (const key of keysOf(String(chunk))) this.#press(key);
    };
    const rates = setInterval(() => this.#noteRate(), rateEveryMs);
    // A terminal that went away ends the play, whatever else the stream has to say.
    const onEnd = () => this.#quit.abort(hungUp);
    input.setRawMode(true);
    input.on('data', onInput).on('end', onEnd).on('error', onEnd).resume();
    output.on('error', onEnd);
    this.#screen.open();
    this.#playground.writer.start();
    try {
      while (!ended.aborted) {
        this.#draw({ ...size(), colour });
        await pause(drawEveryMs, null, { signal: ended }).catch(() => undefined);
      }
    } finally {
      clearInterval(rates);
      input.off('data', onInput).off('end', onEnd).off('error', onEnd).pause();
      if (ended.reason !== hungUp) input.setRawMode(false);
    }
    await this.#deeds;
    return ended.reason;
  }

  #draw(size: Size): void {
    const { nodes, writer, elapsedMs } = this.#playground;
    const view = viewOf({
      elapsedMs,
      nodes: nodes.map((node) => ({
        name: node.name,
        processes: node.processes(),
        isCut: node.isCut,
        report: this.#playground.reportOf(node),
      })),
      writes: writer.figures(),
      selected: this.#selected,
      feed: this.#feed,
      rates: this.#rates,
      showsHelp: this.#showsHelp,
    });
    const shape = `${size.columns}x${size.rows}`;
    if (shape !== this.#shape) this.#screen.clear();
    this.#shape = shape;
    this.#screen.draw(renderPlayground(view, size));
  }

  #noteRate(): void {
    this.#rates.push(this.#playground.writer.figures().perSecond);
    this.#rates.splice(0, this.#rates.length - ratesKept);
  }

  #press(key: Key): void {
    if (key.kind === 'quit') this.#quit.abort('quit');
    else if (this.#showsHelp) this.#showsHelp = false;
    else this.#obey(key);
  }

  #obey(key: Key): void {
    const { nodes } = this.#playground;
    if (key.kind === 'help') this.#showsHelp = true;
    if (key.kind === 'select' && key.index < nodes.length) this.#selected = key.index;
    if (key.kind === 'move') {
      this.#selected = (this.#selected + key.by + nodes.length) % nodes.length;
    }
    const node = nodes[this.#selected];
    if (key.kind !== 'hurt' || node === undefined) return;
    // One after the other: a wipe must be over before the same node is started.
    this.#deeds = this.#deeds.then(() => act(this.#playground, node, key.deed));
  }
}
