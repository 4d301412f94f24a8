import { describe, expect, test } from 'vitest';
import type { ClusterEvidence } from '../../../../machines/membership/evidence.ts';
import { refuseRestart } from '../../../../machines/membership/refuse-restart.ts';
import { evidence, member, peer, status, statuses } from '../../../support/builders.ts';

const well: Partial<ClusterEvidence> = {
  statuses: statuses('a', 'b', 'c'),
  peers: [peer('b', { status: 'running' }), peer('c', { status: 'running' })],
};

function refusalFor(changes: Partial<ClusterEvidence>) {
  return refuseRestart(evidence({ ...well, ...changes }));
}

describe('a member is restarted', () => {
  test('while all are well', () => {
    expect(refusalFor({})).toBeNull();
  });

  test('in a cluster of one', () => {
    const alone = { members: [member('a')], statuses: statuses('a'), peers: [], requiredSize: 1 };
    expect(refusalFor(alone)).toBeNull();
  });
});

describe('a member is not restarted', () => {
  const voters = [member('a'), member('b'), member('c')];
  test.each<[string, Partial<ClusterEvidence>, string, RegExp]>([
    ['while another does not answer', { statuses: statuses('a', 'b') }, 'S14', /member mc is not/],
    [
      'while another knows no leader',
      { statuses: { ...statuses('a', 'b'), mc: status('c', { leaderId: null }) } },
      'S14',
      /member mc is not/,
    ],
    ['before it is well itself', { statuses: statuses('b', 'c') }, 'S14', /member ma is not/],
    [
      'while a member is added',
      { members: [...voters, member('d', { learner: true })] },
      'S14',
      /md is a learner/,
    ],
    ['without a majority in gossip', { peers: [] }, 'S10', /1 of 3/],
  ])('%s', (_, changes, rule, sentence) => {
    expect(refusalFor(changes)).toMatchObject({ rule, sentence: expect.stringMatching(sentence) });
  });
});
