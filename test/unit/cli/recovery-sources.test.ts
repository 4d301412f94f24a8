import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chosenSource,
  type Source,
  type StoredSource,
  type Survivor,
  weighSources,
} from '../../../src/cli/recovery-sources.ts';
import { E2dError } from '../../../src/errors/e2d-error.ts';

type Standing = NonNullable<Survivor['standing']>;

function survivor(name: string, over: Partial<Standing> = {}): Survivor {
  const standing = {
    clusterId: 'c1',
    raftTerm: 4,
    appliedIndex: 1_000,
    revision: 900,
    dbSizeBytes: 4_096,
    ...over,
  };
  const clientUrl = `http://${name}:2379`;
  return { name, isOwn: name === 'a', clientUrl, standing, problem: null };
}

const silent = (name: string): Survivor => ({
  ...survivor(name),
  standing: null,
  problem: 'no answer (deadline)',
});

function snapshot(id: string, over: Partial<StoredSource> = {}): StoredSource {
  return {
    id,
    lineage: 'l1',
    revision: 850,
    raftTerm: 3,
    raftIndex: 950,
    ageMs: 3_600_000,
    storedBytes: 2_048,
    proof: 'proven',
    obstacle: null,
    ...over,
  };
}

const weigh = (survivors: readonly Survivor[], snapshots: readonly StoredSource[]) =>
  weighSources({ survivors, snapshots, clusterId: 'c1', lineage: 'l1' });
const nameOf = (source: Source) =>
  source.kind === 'survivor' ? source.survivor.name : source.snapshot.id;
const namesOf = (weighed: ReturnType<typeof weigh>) =>
  weighed.sources.map(({ source }) => nameOf(source));
const unknown = (text: string): StoredSource => {
  throw new Error(`${text} is not looked up here`);
};

describe('the most complete source', () => {
  test('has the highest revision, and each says what it would lose', () => {
    const weighed = weigh([survivor('a', { revision: 890 }), survivor('b')], [snapshot('s')]);
    expect(namesOf(weighed)).toEqual(['b', 'a', 's']);
    expect(weighed.best?.source).toMatchObject({ survivor: { name: 'b' } });
    expect(weighed.sources.map(({ lost }) => lost)).toEqual([
      null,
      { from: 891, to: 900 },
      { from: 851, to: 900 },
    ]);
  });

  test('may be a snapshot that is ahead of every survivor, whatever their terms', () => {
    const weighed = weigh([survivor('a', { raftTerm: 9, revision: 700 })], [snapshot('s')]);
    expect(namesOf(weighed)).toEqual(['s', 'a']);
    expect(weighed.sources[1]?.lost).toEqual({ from: 701, to: 850 });
  });

  test('of equals is this node, then a survivor, the later by term and index first', () => {
    const same = { revision: 850 };
    const weighed = weigh(
      [
        survivor('b', same),
        survivor('c', { ...same, appliedIndex: 1_001 }),
        survivor('d', { ...same, raftTerm: 5, appliedIndex: 1 }),
        survivor('a', { ...same, raftTerm: 1 }),
      ],
      [snapshot('s', { raftTerm: 9 })],
    );
    expect(namesOf(weighed)).toEqual(['a', 'd', 'c', 'b', 's']);
    expect(weighed.sources.every(({ lost }) => lost === null)).toBe(true);
  });

  test('is none of those that are of something else, or cannot be used', () => {
    const weighed = weigh(
      [survivor('b', { clusterId: 'c9', revision: 9_999 }), silent('c')],
      [
        snapshot('other', { lineage: 'l9', revision: 9_999 }),
        snapshot('unreadable', { obstacle: 'It is encrypted.', revision: 9_999 }),
        snapshot('failed', { proof: 'failed', revision: 9_999 }),
        snapshot('foreign', { lineage: null, revision: null, proof: 'none' }),
        snapshot('unproven', { proof: 'none' }),
      ],
    );
    expect(weighed.best?.source).toMatchObject({ snapshot: { id: 'unproven' } });
    expect(weighed.highest).toBe(850);
    expect(weighed.sources.slice(1).map(({ source, unfit }) => [nameOf(source), unfit])).toEqual([
      ['b', 'it is of cluster c9'],
      ['c', 'no answer (deadline)'],
      ['other', 'it is of lineage l9'],
      ['unreadable', 'It is encrypted.'],
      ['failed', 'its latest proof failed'],
      ['foreign', 'its revision and lineage are not known beforehand'],
    ]);
  });

  test('is nothing where nothing is left', () => {
    expect(weigh([silent('a')], [])).toMatchObject({ best: null, highest: 0 });
  });

  test('never is one that another one surpasses', () => {
    const standing = fc.record({
      revision: fc.nat(50),
      raftTerm: fc.nat(5),
      appliedIndex: fc.nat(),
    });
    const record = fc.record({ revision: fc.nat(50), raftTerm: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(standing, { minLength: 1 }), fc.array(record), (standings, records) => {
        const { best, sources } = weigh(
          standings.map((one, index) => survivor(`n${index}`, one)),
          records.map((one, index) => snapshot(`s${index}`, one)),
        );
        const highest = Math.max(...sources.map(({ revision }) => revision ?? 0));
        expect(best?.revision).toBe(highest);
        for (const { revision, lost } of sources) {
          const missing = lost === null ? 0 : lost.to - lost.from + 1;
          expect((revision ?? 0) + missing).toBe(highest);
        }
      }),
    );
  });
});

describe('the operator', () => {
  const weighed = weigh([survivor('a', { revision: 890 }), survivor('b')], [snapshot('s')]);

  function refusal(act: () => unknown): E2dError {
    try {
      act();
    } catch (error) {
      if (error instanceof E2dError) return error;
      throw error;
    }
    throw new Error('it was not refused');
  }

  test('is sent to the node that has the most', () => {
    const { code, message, remedy } = refusal(() => chosenSource(weighed, null, unknown));
    expect(code).toBe('E2D_RESTORE_REFUSED');
    expect(message).toBe('The most complete source is the data of b, and not here.');
    expect(remedy).toContain('Run "e2d recover" on b');
  });

  test('gets the best source without naming one, where it can be had here', () => {
    const own = weigh([survivor('a')], [snapshot('s')]);
    expect(chosenSource(own, null, unknown)).toBe(own.best);
    const stored = weigh([silent('a')], [snapshot('s')]);
    expect(chosenSource(stored, null, unknown)).toBe(stored.best);
  });

  test('may take less, and is told what that loses', () => {
    expect(chosenSource(weighed, 'this-node', unknown).lost).toEqual({ from: 891, to: 900 });
    const named = chosenSource(weighed, 's-7', (text) => snapshot(text, { revision: 700 }));
    expect(named).toMatchObject({ revision: 700, lost: { from: 701, to: 900 } });
  });

  test('may name what is never proposed, but for what cannot be restored', () => {
    const of = (over: Partial<StoredSource>) =>
      chosenSource(weighed, 's', () => snapshot('s', over));
    expect(of({ lineage: 'l9', revision: 10 })).toMatchObject({ revision: 10, lost: null });
    expect(of({ proof: 'failed' }).lost).toEqual({ from: 851, to: 900 });
    expect(refusal(() => of({ obstacle: 'It is encrypted.' })).message).toContain('encrypted');
  });

  test('is refused what is not there', () => {
    const nothing = weigh([silent('a')], []);
    expect(refusal(() => chosenSource(nothing, null, unknown)).message).toMatch(/^Nothing is left/);
    expect(refusal(() => chosenSource(nothing, 'this-node', unknown)).message).toContain(
      'no answer (deadline)',
    );
  });
});
