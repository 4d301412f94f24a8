import { describe, expect, test } from 'vitest';
import {
  judgeAlive,
  judgeDead,
  judgeSuspect,
  type MemberRecord,
  malformation,
  type RecordState,
} from '../../../src/gossip/member-record.ts';
import type { Alive } from '../../../src/gossip/messages.ts';
import {
  judgeAliveAboutSelf,
  mustRefuteAccusation,
  refutingIncarnation,
} from '../../../src/gossip/self-record.ts';

const here = Uint8Array.of(10, 0, 0, 1);
const elsewhere = Uint8Array.of(10, 0, 0, 2);
const vsn = Uint8Array.of(1, 5, 2, 0, 0, 0);
const nowMs = 50_000;

function known(state: RecordState, changes: Partial<MemberRecord> = {}): MemberRecord {
  return {
    name: 'a',
    addr: here,
    port: 7946,
    meta: Uint8Array.of(1),
    vsn,
    incarnation: 5,
    state,
    stateChangedAtMs: 10_000,
    ...changes,
  };
}

function alive(changes: Partial<Alive> = {}): Alive {
  const meta = Uint8Array.of(2);
  return {
    type: 'alive',
    node: 'a',
    addr: here,
    port: 7946,
    meta,
    vsn,
    incarnation: 6,
    ...changes,
  };
}

describe('an alive message about another node', () => {
  const context = { nowMs, deadNodeReclaimTimeMs: 0 };

  test.each<{ what: string; record: MemberRecord | undefined; message: Alive; kind: string }>([
    { what: 'unknown', record: undefined, message: alive({ incarnation: 0 }), kind: 'accepted' },
    { what: 'newer', record: known('alive'), message: alive(), kind: 'accepted' },
    { what: 'as old', record: known('alive'), message: alive({ incarnation: 5 }), kind: 'ignored' },
    { what: 'older', record: known('dead'), message: alive({ incarnation: 4 }), kind: 'ignored' },
    {
      what: 'as old, suspect',
      record: known('suspect'),
      message: alive({ incarnation: 5 }),
      kind: 'ignored',
    },
    { what: 'newer, suspect', record: known('suspect'), message: alive(), kind: 'accepted' },
    { what: 'newer, dead', record: known('dead'), message: alive(), kind: 'accepted' },
    {
      what: 'moved, alive',
      record: known('alive'),
      message: alive({ addr: elsewhere }),
      kind: 'conflict',
    },
    {
      what: 'moved, suspect',
      record: known('suspect'),
      message: alive({ port: 1 }),
      kind: 'conflict',
    },
    {
      what: 'moved, dead',
      record: known('dead'),
      message: alive({ addr: elsewhere }),
      kind: 'conflict',
    },
    {
      what: 'moved after a leave',
      record: known('left'),
      message: alive({ addr: elsewhere, incarnation: 1 }),
      kind: 'accepted',
    },
    {
      what: 'no versions',
      record: undefined,
      message: alive({ vsn: new Uint8Array(0) }),
      kind: 'malformed',
    },
  ])('$what: $kind', ({ record, message, kind }) => {
    expect(judgeAlive(record, message, context).kind).toBe(kind);
  });

  test.each([
    { deadForMs: 10_000, kind: 'conflict' },
    { deadForMs: 10_001, kind: 'accepted' },
  ])(
    'a dead name after $deadForMs of 10 s may be taken elsewhere: $kind',
    ({ deadForMs, kind }) => {
      const record = known('dead', { stateChangedAtMs: nowMs - deadForMs });
      const verdict = judgeAlive(record, alive({ addr: elsewhere, incarnation: 1 }), {
        nowMs,
        deadNodeReclaimTimeMs: 10_000,
      });
      expect(verdict.kind).toBe(kind);
    },
  );

  test('what it says is taken over, and since when it has been alive is kept', () => {
    const verdict = judgeAlive(known('alive'), alive(), context);
    expect(verdict).toEqual({
      kind: 'accepted',
      record: known('alive', { incarnation: 6, meta: Uint8Array.of(2) }),
    });
  });

  test('a node that comes back has a new time', () => {
    const verdict = judgeAlive(known('dead'), alive(), context);
    expect(verdict).toMatchObject({ record: { state: 'alive', stateChangedAtMs: nowMs } });
  });

  test('the received buffer is not kept', () => {
    const meta = Uint8Array.of(9);
    const verdict = judgeAlive(undefined, alive({ meta }), context);
    meta[0] = 0;
    expect(verdict).toMatchObject({ record: { meta: Uint8Array.of(9) } });
  });
});

describe('nobody is told of a node with', () => {
  test.each([
    ['an empty name', { node: '' }],
    ['an endless name', { node: 'x'.repeat(513) }],
    ['too much metadata', { meta: new Uint8Array(513) }],
    ['no address', { addr: new Uint8Array(0) }],
    ['an address of another length', { addr: new Uint8Array(5) }],
    ['versions of another length', { vsn: new Uint8Array(5) }],
  ])('%s', (_what, changes) => {
    expect(malformation(alive(changes))).toBeTypeOf('string');
  });

  test('everything at its limit is fine', () => {
    const most = alive({
      node: 'x'.repeat(512),
      meta: new Uint8Array(512),
      addr: new Uint8Array(16),
    });
    expect(malformation(most)).toBeUndefined();
  });
});

describe('a suspicion about another node', () => {
  test.each<{ state: RecordState; incarnation: number; kind: string }>([
    { state: 'alive', incarnation: 4, kind: 'ignored' },
    { state: 'alive', incarnation: 5, kind: 'accepted' },
    { state: 'alive', incarnation: 6, kind: 'accepted' },
    { state: 'suspect', incarnation: 4, kind: 'ignored' },
    { state: 'suspect', incarnation: 5, kind: 'confirmation' },
    { state: 'dead', incarnation: 6, kind: 'ignored' },
    { state: 'left', incarnation: 6, kind: 'ignored' },
  ])('$state, incarnation $incarnation of 5: $kind', ({ state, incarnation, kind }) => {
    const suspect = { type: 'suspect', node: 'a', from: 'b', incarnation } as const;
    const verdict = judgeSuspect(known(state), suspect, nowMs);
    expect(verdict.kind).toBe(kind);
    if (verdict.kind === 'accepted') {
      expect(verdict.record).toEqual(known('suspect', { incarnation, stateChangedAtMs: nowMs }));
    }
  });

  test('an unknown node is not suspected', () => {
    const suspect = { type: 'suspect', node: 'a', from: 'b', incarnation: 1 } as const;
    expect(judgeSuspect(undefined, suspect, nowMs).kind).toBe('ignored');
  });
});

describe('the death of another node', () => {
  test.each<{ state: RecordState; incarnation: number; from: string; result: string }>([
    { state: 'alive', incarnation: 4, from: 'b', result: 'ignored' },
    { state: 'alive', incarnation: 5, from: 'b', result: 'dead' },
    { state: 'alive', incarnation: 5, from: 'a', result: 'left' },
    { state: 'suspect', incarnation: 5, from: 'b', result: 'dead' },
    { state: 'suspect', incarnation: 9, from: 'a', result: 'left' },
    { state: 'dead', incarnation: 9, from: 'a', result: 'ignored' },
    { state: 'left', incarnation: 9, from: 'b', result: 'ignored' },
  ])('$state, incarnation $incarnation of 5, told by $from: $result', (row) => {
    const { state, incarnation, from, result } = row;
    const verdict = judgeDead(known(state), { type: 'dead', node: 'a', from, incarnation }, nowMs);
    expect(verdict.kind === 'accepted' ? verdict.record.state : verdict.kind).toBe(result);
  });
});

describe('about ourselves', () => {
  const self = known('alive');

  test.each<{ what: string; message: Alive; meaning: string }>([
    {
      what: 'our own words',
      message: alive({ incarnation: 5, meta: self.meta }),
      meaning: 'ignored',
    },
    { what: 'an older life', message: alive({ incarnation: 4 }), meaning: 'ignored' },
    { what: 'a longer earlier life', message: alive({ incarnation: 6 }), meaning: 'refute' },
    { what: 'an earlier life as long', message: alive({ incarnation: 5 }), meaning: 'refute' },
    {
      what: 'a name-sake',
      message: alive({ addr: elsewhere, incarnation: 1 }),
      meaning: 'conflict',
    },
  ])('$what: $meaning', ({ message, meaning }) => {
    expect(judgeAliveAboutSelf(self, message)).toBe(meaning);
  });

  test.each([
    { accused: 4, refute: false },
    { accused: 5, refute: true },
    { accused: 6, refute: true },
  ])('an accusation against $accused of 5 is refuted: $refute', ({ accused, refute }) => {
    expect(mustRefuteAccusation(self, accused)).toBe(refute);
  });

  test.each([
    { own: 5, accused: 5, next: 6 },
    { own: 5, accused: 9, next: 10 },
    { own: 5, accused: 1, next: 6 },
    { own: 5, accused: 0xffff_ffff, next: 0xffff_ffff },
  ])('$own against $accused becomes $next', ({ own, accused, next }) => {
    expect(refutingIncarnation(own, accused)).toBe(next);
  });
});
