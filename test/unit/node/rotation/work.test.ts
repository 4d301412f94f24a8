import { describe, expect, test } from 'vitest';
import { bundleAfter } from '../../../../src/node/rotation/bundle.ts';
import { nextMove, progressOf } from '../../../../src/node/rotation/next-move.ts';
import { rotationWork } from '../../../../src/node/rotation/rotation-work.ts';
import { type Standing, standingOf } from '../../../../src/node/rotation/standing.ts';
import { fingerprintOf, issue, now, reportOf, rotationOf, testAuthority } from './authorities.ts';

const old = await testAuthority('old');
const fresh = await testAuthority('new');
const third = await testAuthority('third');
const leaf = await issue(old, 'peer');
const anew = fresh.authority.reissue(leaf.certificate, { trusted: old.certificate, now });

const standing = (
  files: Standing['files'][number],
  etcd: Standing['files'][number] | null,
  certificate: Standing['certificates'][number],
): Standing => ({ files: [files], etcd: etcd && [etcd, 'neither'], certificates: [certificate] });

describe('the work of a node', () => {
  test.each([
    ['trust-both', standing('old', 'old', 'old'), 'trust-both'],
    ['trust-both', standing('new', 'new', 'old'), 'trust-both'],
    ['trust-both', standing('unread', 'old', 'old'), 'trust-both'],
    ['trust-both', standing('both', 'old', 'old'), null],
    ['trust-both', standing('both', 'both', 'old'), null],
    ['trust-both', standing('neither', null, 'other'), null],
    ['reissue', standing('old', 'old', 'old'), 'trust-both'],
    ['reissue', standing('both', 'old', 'old'), null],
    ['reissue', standing('both', null, 'old'), null],
    ['reissue', standing('both', 'both', 'old'), 'take-certificates'],
    ['reissue', standing('both', 'both', 'new'), null],
    ['reissue', standing('both', 'both', 'other'), null],
    ['drop-old', standing('both', 'both', 'old'), 'take-certificates'],
    ['drop-old', standing('both', 'both', 'unread'), 'take-certificates'],
    ['drop-old', standing('both', 'both', 'new'), 'drop-old'],
    ['drop-old', standing('new', 'both', 'new'), null],
    ['drop-old', standing('neither', 'neither', 'other'), null],
    ['abort', standing('both', 'both', 'old'), 'drop-new'],
    ['abort', standing('old', 'both', 'old'), null],
    ['abort', standing('both', 'both', 'new'), null],
    ['done', standing('old', 'old', 'old'), null],
    ['aborted', standing('both', 'both', 'old'), null],
  ] as const)('in %s, at %j, is %s', (phase, mine, work) => {
    expect(rotationWork({ phase }, mine)).toBe(work);
  });
});

describe('a file of authorities', () => {
  const rotation = rotationOf(old, fresh);
  const remark = '# ours since 2024\n';
  const both = `${remark}${old.certificate}${fresh.certificate}`;

  test.each([
    ['trust-both', `${remark}${old.certificate}`, both],
    ['trust-both', `${remark}${old.certificate.trimEnd()}`, both],
    // An old order that is written again must not bring back what is gone.
    ['trust-both', fresh.certificate, fresh.certificate],
    ['drop-new', fresh.certificate, fresh.certificate],
    ['trust-both', both, both],
    ['trust-both', third.certificate, third.certificate],
    ['drop-old', both, `${remark}${fresh.certificate}`],
    ['drop-old', old.certificate, fresh.certificate],
    [
      'drop-old',
      `${both}${third.certificate}`,
      `${remark}${fresh.certificate}${third.certificate}`,
    ],
    ['drop-new', both, `${remark}${old.certificate}`],
  ] as const)('after %s', (work, before, after) => {
    expect(bundleAfter(work, before, rotation)).toBe(after);
  });
});

describe('the next move', () => {
  const [o, n] = [old.fingerprint, fresh.fingerprint];
  const member = {
    id: 'a1',
    name: 'n1',
    peerUrls: ['https://127.0.0.1:2380'],
    clientUrls: ['https://127.0.0.1:2379'],
    learner: false,
  };
  const moveFor = (
    phase: Parameters<typeof rotationOf>[2],
    facts: Parameters<typeof reportOf>[1] | null,
    over: { readonly reportedIn?: Parameters<typeof rotationOf>[2] } = {},
  ) => {
    const rotation = rotationOf(old, fresh, phase);
    const told = { ...rotation, phase: over.reportedIn ?? rotation.phase };
    const reports = new Map(facts === null ? [] : [['a1', reportOf(told, facts)]]);
    const view = { rotation, reports, reissued: new Map(), members: [member] };
    return { move: nextMove(view, now), steps: progressOf(view, now).map(({ step }) => step) };
  };
  const { certificate } = leaf;

  test.each([
    ['a node that told nothing', 'trust-both', null, 'unheard'],
    ['files of the old one', 'trust-both', { trusted: [o], certificate }, 'files'],
    ['an etcd of before', 'trust-both', { trusted: [o, n], etcd: [o], certificate }, 'etcd'],
    ['an unknown etcd', 'trust-both', { trusted: [o, n], etcd: null, certificate }, 'etcd'],
    ['a file that is not read', 'trust-both', { trusted: [], etcd: [o, n], certificate }, 'files'],
    ['an unread certificate', 'reissue', { trusted: [o, n], certificate: '' }, 'certificates'],
    ['a report nobody can read', 'reissue', { trusted: [o, n], certificate: bad() }, 'unheard'],
    [
      'the old one in files',
      'drop-old',
      { trusted: [o, n], certificate: anew.certificate },
      'files',
    ],
    [
      'the old one in etcd',
      'drop-old',
      { trusted: [n], etcd: [o, n], certificate: anew.certificate },
      'etcd',
    ],
  ] as const)('waits for %s', (_, phase, facts, step) => {
    expect(moveFor(phase, facts)).toEqual({ move: { kind: 'wait' }, steps: [step] });
  });

  test.each([
    ['trust-both', { trusted: [o, n], certificate }, 'reissue'],
    ['reissue', { trusted: [o, n], certificate: anew.certificate }, 'drop-old'],
    ['drop-old', { trusted: [n], certificate: anew.certificate }, 'done'],
    ['abort', { trusted: [o], certificate }, 'aborted'],
  ] as const)('from %s', (phase, facts, to) => {
    expect(moveFor(phase, facts).move).toEqual({ kind: 'advance', to });
    const before = moveFor(phase, facts, { reportedIn: 'aborted' });
    expect(before).toEqual({ move: { kind: 'wait' }, steps: ['unheard'] });
  });

  test('issues what verifies under the old authority and is of the member', () => {
    const { move } = moveFor('reissue', { trusted: [o, n], certificate });
    expect(move).toMatchObject({
      kind: 'reissue',
      certificates: [{ member: 'n1', role: 'peer', fingerprint: fingerprintOf(certificate) }],
    });
  });

  test('issues nothing for another host, of another authority, or past its time', async () => {
    const foreign = await issue(old, 'peer', ['10.9.9.9']);
    const client = await issue(old, 'client');
    for (const one of [foreign, client]) {
      const facts = { trusted: [o, n], certificate: one.certificate };
      expect(moveFor('reissue', facts)).toEqual({
        move: { kind: 'wait' },
        steps: ['certificates'],
      });
    }
    const other = await issue(third, 'peer');
    expect(moveFor('reissue', { trusted: [o, n], certificate: other.certificate }).move).toEqual({
      kind: 'advance',
      to: 'drop-old',
    });
    const rotation = rotationOf(old, fresh, 'reissue');
    const reports = new Map([['a1', reportOf(rotation, { trusted: [o, n], certificate })]]);
    const late = new Date(now.getTime() + 40 * 86_400_000);
    const view = { rotation, reports, reissued: new Map(), members: [member] };
    expect(nextMove(view, late)).toEqual({ kind: 'wait' });
    expect(progressOf(view, late)[0]?.problems).toEqual([expect.stringContaining('expired')]);
  });
});

test('an authority whose certificate alone is new vouches for what the old one did', async () => {
  const rotation = rotationOf(old, old);
  const report = reportOf(rotation, { trusted: [old.fingerprint], certificate: leaf.certificate });
  expect(standingOf(report, rotation).certificates).toEqual(['new']);
});

function bad(): string {
  return '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
}
