import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AnyEventObject } from 'xstate';
import type { NodeSettings } from '../../../machines/node/context.ts';
import { firstEvent, firstStep, nextStep } from '../../../machines/node/step.ts';
import type { Entry, Header } from '../../../src/journal/entry.ts';
import type { RecordedStep } from '../../../src/journal/entry-encoder.ts';
import { type Journal, type JournalOptions, openJournal } from '../../../src/journal/journal.ts';
import { identity, settings, status } from '../../support/builders.ts';
import { prepared, probed } from '../../support/chart-run.ts';

/** A folder of its own for a test, gone when it is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'e2d-journal-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A real chart, folded by hand on a clock that a test moves, each step given to a journal. */
export class Recording {
  readonly folder: string;
  readonly journal: Journal;
  readonly told: string[] = [];
  readonly #settings: NodeSettings;
  #last: RecordedStep | null = null;
  nowMs = 1_000;
  wallMs = Date.parse('2026-01-02T03:04:05.678Z');

  constructor(folder: string, options: Partial<JournalOptions> = {}) {
    this.folder = folder;
    this.#settings = options.settings ?? settings();
    this.journal = openJournal({
      folder,
      settings: this.#settings,
      config: { dataDir: '/data' },
      node: null,
      charts: { node: 'abc' },
      clock: { nowMs: () => this.nowMs, wallTime: () => new Date(this.wallMs) },
      onTrouble: (sentence) => this.told.push(sentence),
      onRecovered: (sentence) => this.told.push(sentence),
      ...options,
    });
    onTestFinished(() => this.journal.close());
  }

  get last(): RecordedStep {
    if (this.#last === null) throw new Error('nothing happened yet');
    return this.#last;
  }

  /** From the first step to a voter that runs etcd: five entries. */
  begin(): this {
    const known = identity('a', { memberId: 'ma', clusterId: 'c1', lineage: 'l1' });
    const output = prepared({ identity: known, data: { kind: 'readable' } });
    this.#record(firstEvent);
    this.take({ type: 'xstate.done.actor.prepare', output, actorId: 'prepare' });
    const launched = { output: { pid: 7 }, actorId: 'launchEtcd' };
    this.take({ type: 'xstate.done.actor.launchEtcd', ...launched });
    return this.probe(900).probe(900);
  }

  take(event: AnyEventObject): this {
    return this.#record(event);
  }

  /** Our etcd answers, with this revision; time goes on by 2 s. */
  probe(revision: number): this {
    this.nowMs += 2_000;
    return this.#record({ ...probed({ status: status('a', { revision }) }), atMs: this.nowMs });
  }

  probes(revisions: number): this {
    for (let revision = 1; revision <= revisions; revision += 1) this.probe(1_000 + revision);
    return this;
  }

  async files(): Promise<readonly string[]> {
    return (await readdir(this.folder)).sort();
  }

  /** The lines of an uncompressed segment. */
  async lines(file?: string): Promise<readonly string[]> {
    const name = file ?? (await this.files()).at(-1) ?? '';
    return (await readFile(join(this.folder, name), 'utf8')).trimEnd().split('\n');
  }

  #record(event: AnyEventObject): this {
    const step =
      this.#last === null ? firstStep(this.#settings) : nextStep(this.#last.snapshot, event);
    this.#last = { ...step, event, atMs: this.nowMs, seq: (this.#last?.seq ?? 0) + 1 };
    this.journal.record(this.#last);
    return this;
  }
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function isHeader(line: Header | Entry): line is Header {
  return 'format' in line;
}
