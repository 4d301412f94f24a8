import { appendFile, cp, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Checkpoint, nextStep, snapshotOf } from '../../../machines/node/step.ts';
import { statePath } from '../../../machines/state-path.ts';
import { contextHash } from '../../../src/journal/context-hash.ts';
import { openLogs } from '../../../src/journal/open-logs.ts';
import { type LogNote, readLines, readLog } from '../../../src/journal/read-log.ts';
import { identity, settings } from '../../support/builders.ts';
import { prepared } from '../../support/chart-run.ts';
import { collect, isHeader, Recording, temporaryFolder } from './recording.ts';

const small = { limits: { segmentBytes: 4_096 } };

describe('a segment', () => {
  test('begins with a header that says what is recorded, by whom', async () => {
    const recording = new Recording(await temporaryFolder(), { node: 'asked' });
    expect(await recording.files()).toEqual(['20260102T030405Z-nonce-a-0001.jsonl']);
    expect(JSON.parse((await recording.lines())[0] ?? '')).toEqual({
      format: 'e2d-events',
      version: 1,
      run: 'nonce-a',
      segment: 1,
      node: 'asked',
      begunAt: '2026-01-02T03:04:05.678Z',
      begunAtMs: 1_000,
      e2d: '0.1.0',
      etcd: null,
      charts: { node: 'abc' },
      settings: settings(),
      config: { dataDir: '/data' },
      checkpoint: null,
    });
  });

  test('is for its owner only, and so is the folder', async () => {
    const recording = new Recording(join(await temporaryFolder(), 'state', 'events'));
    const [file = ''] = await recording.files();
    expect((await stat(join(recording.folder, file))).mode & 0o777).toBe(0o600);
    expect((await stat(recording.folder)).mode & 0o777).toBe(0o700);
  });

  test('holds a step as soon as it was given, with its effects and their reasons', async () => {
    const recording = new Recording(await temporaryFolder());
    const output = prepared({ identity: identity('a') });
    recording.take({ type: 'xstate.init' });
    recording.take({ type: 'xstate.done.actor.prepare', output, actorId: 'prepare' });
    const entries = (await recording.lines()).slice(1).map((line) => JSON.parse(line));
    expect(entries).toMatchObject([
      {
        seq: 1,
        event: { type: 'xstate.init' },
        state: 'preparing',
        effects: [{ kind: 'start', id: 'prepare', input: { reason: { rule: 'S18' } } }],
      },
      { seq: 2, atMs: 1_000, actor: 'node', event: { output }, state: 'active.deciding.surveying' },
    ]);
    expect(entries[1].contextHash).toBe(contextHash(recording.last.snapshot.context));
  });

  test('is followed by the next one once it is big, which replays by itself', async () => {
    const recording = new Recording(await temporaryFolder(), small).begin().probes(40);
    await recording.journal.close();
    const files = await recording.files();
    expect(files.length).toBeGreaterThan(2);
    for (const file of files.slice(1)) {
      const [header, ...entries] = await collect(readLog(join(recording.folder, file)));
      if (header === undefined || !isHeader(header) || header.checkpoint === null) {
        throw new Error(`${file} has no checkpoint`);
      }
      expect(header).toMatchObject({ node: 'a', etcd: '3.6.14' });
      let snapshot = snapshotOf(header.checkpoint as unknown as Checkpoint);
      for (const entry of entries) {
        if (isHeader(entry)) throw new Error('a second header');
        const step = nextStep(snapshot, entry.event);
        snapshot = step.snapshot;
        expect(entry.contextHash).toBe(contextHash(snapshot.context));
        expect(entry.state).toBe(statePath(snapshot.value));
      }
    }
  });

  test('is followed by the next one after a day', async () => {
    const recording = new Recording(await temporaryFolder()).begin();
    recording.nowMs += 86_400_000;
    recording.probe(900);
    await recording.journal.tidied();
    expect(await recording.files()).toEqual([
      '20260102T030405Z-nonce-a-0001.jsonl.gz',
      '20260102T030405Z-nonce-a-0002.jsonl',
    ]);
    const [, line = ''] = await recording.lines();
    expect(JSON.parse(line)).toMatchObject({ seq: 6, event: { type: 'etcd.probed' } });
  });

  test('of a run that was killed stays, and is compressed by the next run', async () => {
    const folder = await temporaryFolder();
    const killed = new Recording(await temporaryFolder(), {
      settings: settings('a', { nonce: 'one' }),
    }).begin();
    const [left = ''] = await killed.files();
    await cp(join(killed.folder, left), join(folder, left));
    await appendFile(join(folder, left), '{"seq":6,"at');
    const next = new Recording(folder, { settings: settings('a', { nonce: 'two' }) }).begin();
    await next.journal.tidied();
    expect(await next.files()).toEqual([
      '20260102T030405Z-one-0001.jsonl.gz',
      '20260102T030405Z-two-0001.jsonl',
    ]);
    const notes: LogNote[] = [];
    const runs = await openLogs([folder], { onNote: (note) => notes.push(note) });
    expect(runs.map(({ run }) => run)).toEqual(['one', 'two']);
    for (const run of runs) {
      const last = (await collect(run.lines())).at(-1);
      expect(last).toMatchObject({ seq: killed.last.seq, effects: [] });
    }
    expect(notes.map(({ sentence }) => sentence)).toEqual([
      expect.stringMatching(
        /one-0001\.jsonl\.gz ends in the middle of line 7, which is left out\.$/,
      ),
    ]);
  });
});

describe('an event that comes again', () => {
  test('is a short line that names the first, and reads as the whole entry', async () => {
    const recording = new Recording(await temporaryFolder()).begin();
    const first = recording.last.seq - 1;
    recording.probe(900).probe(901).probe(901);
    const [file = ''] = await recording.files();
    const lines = await collect(readLines(join(recording.folder, file)));
    expect(lines.slice(-4)).toEqual([
      { seq: first + 1, atMs: 5_000, again: first },
      { seq: first + 2, atMs: 7_000, again: first },
      expect.objectContaining({ seq: first + 3, atMs: 9_000 }),
      { seq: first + 4, atMs: 11_000, again: first + 3 },
    ]);
    const entries = await collect(readLog(join(recording.folder, file)));
    expect(entries.at(-1)).toEqual({
      seq: first + 4,
      atMs: 11_000,
      actor: 'node',
      event: recording.last.event,
      state: statePath(recording.last.snapshot.value),
      contextHash: contextHash(recording.last.snapshot.context),
      effects: [],
    });
  });

  test('is written in full where something else has changed what is known', async () => {
    const recording = new Recording(await temporaryFolder()).begin();
    recording.take({ type: 'gossip.changed', atMs: 1, peers: [] });
    recording.probe(900);
    const before = (await recording.lines()).length;
    const stranger = prepared().identity;
    recording.take({
      type: 'xstate.error.actor.observeLoop',
      error: { code: stranger.name, message: '' },
    });
    expect((await recording.lines()).slice(before)).toHaveLength(1);
    expect((await recording.lines()).at(-1)).toContain('"effects":[{');
  });
});

test('the report names the file, and says when nothing is recorded any more', async () => {
  const recording = new Recording(await temporaryFolder());
  expect(recording.journal.report()).toEqual({
    state: 'recording',
    file: join(recording.folder, '20260102T030405Z-nonce-a-0001.jsonl'),
    problem: null,
  });
  await recording.journal.close();
  recording.begin();
  expect(recording.journal.report()).toEqual({
    state: 'not-recording',
    file: null,
    problem: 'the log is closed',
  });
  expect(await recording.lines()).toHaveLength(1);
  expect(recording.told).toEqual([]);
});
