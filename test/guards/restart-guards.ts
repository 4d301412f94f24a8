import type { Guard } from './guard.ts';

const rulesOfTurns = 'machines/membership/refuse-restart.ts';
const inRules = (test: string) => ({
  file: 'test/unit/machines/membership/refuse-restart.test.ts',
  test,
});
const inChart = (test: string) => ({
  file: 'test/unit/machines/node/certificates.test.ts',
  test,
});

/** What a restart of an etcd that is well is refused for, and what comes of it. */
export const restartGuards: readonly Guard[] = [
  {
    id: 'S14-restart-beside-the-ill',
    rule: 'S14',
    guard: 'no etcd is restarted while another voter is not well',
    prevents: 'Two voters of three away at once, for a change of files.',
    file: rulesOfTurns,
    find: 'if (ill === undefined) return null;',
    without: 'if (ill === undefined || ill) return null;',
    caughtBy: inRules('while another does not answer'),
  },
  {
    id: 'S14-restart-beside-a-learner',
    rule: 'S14',
    guard: 'no etcd is restarted while a member is added',
    prevents: 'A learner that loses its leader, or a voter that is lost beside it.',
    file: rulesOfTurns,
    find: 'if (learner === undefined) return null;',
    without: 'if (learner === undefined || learner) return null;',
    caughtBy: inRules('while a member is added'),
  },
  {
    id: 'S10-restart-majority',
    rule: 'S10',
    guard: 'a majority is alive in gossip when an etcd is restarted',
    prevents: 'A restart by a node that sees the others no more.',
    file: rulesOfTurns,
    find: 'refuseWithoutMajority(evidence) ?? ',
    without: '',
    caughtBy: inRules('without a majority in gossip'),
  },
  {
    id: 'S14-restart-trust',
    rule: 'S14',
    guard: 'authorities that refuse a member are not taken up',
    prevents: 'A voter that talks to nobody after its restart.',
    file: 'src/etcd/membership/restart-turn.ts',
    find: 'refuseRestart(evidence) ?? (await deps.refuseTrust(evidence.members, bounds.signal))',
    without: 'refuseRestart(evidence)',
    caughtBy: {
      file: 'test/unit/simulation/etcd/membership.test.ts',
      test: 'leave the turn to restart to one at a time, and to none while another is away',
    },
  },
  {
    id: 'S1-trust-unknown',
    rule: 'S1',
    guard: 'an etcd of which it is not known what it trusts is left alone',
    prevents: 'Restarts for nothing after every adoption.',
    file: 'machines/node/certificate-updates.ts',
    find: 'if (reading === null || reading.inEtcd === null) return false;',
    without: 'if (reading === null) return false;',
    caughtBy: inChart('is not asked for while nobody knows what etcd trusts'),
  },
  {
    id: 'S14-turn-ends-in-time',
    rule: 'S14',
    guard: 'etcd is stopped within its turn, or not at all',
    prevents: 'A slow node that stops its etcd in the turn of the next one.',
    file: 'machines/node/certificate-requests.ts',
    find: '    untilMs: certificates.turn?.untilMs ?? 0,\n',
    without: '',
    caughtBy: inChart('is asked for through our own etcd, and begins when it is our turn'),
  },
  {
    id: 'S14-turn-until-quorum',
    rule: 'S14',
    guard: 'a turn lasts until the restarted etcd has quorum',
    prevents: 'The next restart while the one before has not caught up.',
    file: 'machines/node/certificate-updates.ts',
    find: 'turn?.isUsed === true && quorumHeld(context)',
    without: 'turn?.isUsed === true',
    caughtBy: inChart('ends once etcd has quorum again, and not before it was asked'),
  },
];
