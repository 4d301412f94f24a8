import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { initialTransition, transition } from 'xstate';
import type { CertificateReading } from '../../../machines/facts.ts';
import type { ChangeOutcome } from '../../../machines/node/effects.ts';
import { nodeMachine } from '../../../machines/node/machine.ts';
import { rules } from '../../../machines/rules.ts';
import {
  Coverage,
  countMarks,
  guardNames,
  markedChart,
  stateNames,
  transitionNames,
} from '../../../src/simulation/coverage.ts';
import { faultKinds } from '../../../src/simulation/faults.ts';
import { bound, callOff } from '../../support/bound-to-go-back.ts';
import { identity, member, settings, status } from '../../support/builders.ts';
import {
  ChartRun,
  launchedAlone,
  observed,
  prepared,
  probed,
  settledVoter,
} from '../../support/chart-run.ts';

const silent = { code: 'unavailable', message: 'nobody answers' } as const;
const learner = status('a', { learner: true });
const list = [member('a', { learner: true }), member('b')];
const statuses = { ma: learner, mb: status('b') };

/** What no seed reaches: each walk leads over one or more of these transitions. */
const walks: Readonly<Record<string, () => ChartRun>> = {
  'a node of another size than its cluster is refused': () =>
    new ChartRun().done('prepare', prepared()).send(answer({ requiredSize: 5, lineage: 'l' })),
  'an operator ends a conflict of addresses': () =>
    new ChartRun()
      .done('prepare', prepared())
      .send(answer(null, ['ma', 'mb']))
      .send({ type: 'cluster.surveyed', atMs: 1, answer: { kind: 'silent' } }),
  'etcd says that it is of another cluster': () =>
    settledVoter().send(probed({ status: status('a', { clusterId: 'c2' }) })),
  'the port of a first launch is taken, and free again': () => {
    const run = launchedAlone();
    run.send({ type: 'etcd.exited', atMs: 0, reason: { kind: 'port-taken', sentence: 'taken' } });
    const { identity: written } = run.input('writeIdentity', 'takeLaunchBack');
    return run.done('writeIdentity', written, 'takeLaunchBack').elapse('obstructionRetry');
  },
  'a learner is promoted by somebody else': () => learning().send(probed({ status: status('a') })),
  'a learner is a voter after all when its promotion has failed': () => {
    const run = learning();
    run.send(observed(0, { members: list, statuses }));
    run.send(observed(1_000, { members: list, statuses }));
    run.done('changeMembership', { kind: 'failed', fault: silent }, 'promote');
    return run.send(probed({ status: status('a') }));
  },
  'what a voter writes down about itself fails, and is tried again': () =>
    learning()
      .send(probed({ status: status('a') }))
      .fails('recordCluster')
      .elapse('settleRetry'),
  'a learner that has caught up is started anew, for its etcd does not serve': () =>
    muteLearner().done('stopEtcd', null, 'rouseEtcd'),
  'the etcd of such a learner does not end': () => muteLearner().fails('rouseEtcd'),
  'an operator calls off what a coordinator that is gone has left': () =>
    bound({ liveness: 'failed' }).send({ type: 'operator.restore.requested', order: callOff }),
  'what a coordinator proposed it cannot restore itself': () => {
    const run = proposing().fails('stageSnapshot');
    const { identity: written } = run.input('writeIdentity', 'withdrawProposal');
    return run.done('writeIdentity', written, 'withdrawProposal');
  },
  'nor can it be withdrawn': () => proposing().fails('stageSnapshot').fails('withdrawProposal'),
  'a survivor makes way for the cluster that was built anew': () =>
    superseded().done('stopEtcd', null, 'stopOldEtcd'),
  'the etcd of a survivor that makes way does not end': () => superseded().fails('stopOldEtcd'),
  'certificates are renewed': () => reading({ due: ['peer'] }).done('renewCertificates', null),
  'renewal has to wait, and a restart comes first': () =>
    reading({ due: ['peer'] })
      .fails('renewCertificates')
      .send(probed({ linearizable: silent }))
      .elapse('obstructionRetry')
      .fails('renewCertificates')
      .send(read({ due: ['peer'], inFiles: 'y' }))
      .fails('renewCertificates')
      .send(probed()),
  'a renewal that waits is overtaken by other authorities': () =>
    reading({ due: ['peer'], inFiles: 'y' }).fails('renewCertificates'),
  'a change of the authority is followed': () =>
    reading({ rotation: { work: 'trust-both' } }).done('followRotation', null),
  'a change of the authority is obstructed': () =>
    reading({ rotation: { work: 'trust-both' } })
      .fails('followRotation')
      .send(read({})),
  'the turn to restart etcd is asked for in vain': () =>
    reading({ inFiles: 'y' }).fails('takeTurn').elapse('certificateRetry'),
  'the turn to restart etcd is refused': () =>
    reading({ inFiles: 'y' }).done('takeTurn', { kind: 'busy', holder: 'b' }),
  'etcd is restarted': () => restarted().send(probed()).done('yieldTurn', null),
  'the turn is not given back': () => restarted().send(probed()).fails('yieldTurn'),
  'etcd does not come back while its turn lasts': () => restarted().elapse('turnDeadline'),
  'nobody takes over before a restart': () => turning().fails('handOverBeforeRestart'),
  'it takes too long to hand over before a restart': () => turning().elapse('handOverDeadline'),
  'the turn is over before etcd is stopped': () =>
    turning().elapse('handOverDeadline').fails('endBeforeRestart'),
};

/** The only node of a lost cluster restores what it has proposed to itself. */
function proposing(): ChartRun {
  const [own, required] = ['a', { requiredSize: 1 }] as const;
  const run = new ChartRun(settings(own, required));
  run.done('prepare', prepared({ identity: identity(own, required), store: 'snapshot' }));
  const choice = { id: 's1', sha256: '1'.repeat(64), revision: 9 };
  run.done('chooseSnapshot', { choice, passedOver: [] });
  const { identity: written } = run.input('writeIdentity', 'pinRestore');
  return run.done('writeIdentity', written, 'pinRestore');
}

function read(changes: Partial<CertificateReading>) {
  const nothing = { due: [], rotation: null, inFiles: 'x', inEtcd: 'x' };
  return { type: 'certificates.read', atMs: 0, reading: { ...nothing, ...changes } } as const;
}

function reading(changes: Partial<CertificateReading>): ChartRun {
  return settledVoter().send(read(changes));
}

function turning(): ChartRun {
  return reading({ inFiles: 'y' }).done('takeTurn', { kind: 'granted', leaseId: '1', untilMs: 9 });
}

function restarted(): ChartRun {
  return turning()
    .done('handOverLeadership', { moved: true }, 'handOverBeforeRestart')
    .done('stopEtcd', null, 'endBeforeRestart')
    .done('launchEtcd', { pid: 8 });
}

const admitted = {
  kind: 'done' as const,
  clusterId: 'c1',
  members: [member('b'), member('a', { name: '', learner: true, id: 'mnew' })],
  memberId: 'mnew',
} satisfies ChangeOutcome;

const caughtUp = {
  members: admitted.members,
  statuses: { mb: status('b', { leaderId: 'mb' }) },
  progress: { commit: 1_000, match: { mnew: 950 } },
};

function muteLearner(): ChartRun {
  const run = new ChartRun().done('prepare', prepared()).send(answer(null));
  run.done('replaceMember', admitted);
  const { identity: written } = run.input('writeIdentity', 'rememberAdmission');
  run.done('writeIdentity', written, 'rememberAdmission').done('launchEtcd', { pid: 7 });
  run.send(observed(0, caughtUp)).send(observed(400, caughtUp));
  return run;
}

/** Its cluster lost quorum, and was built anew from another node, which has let this one in. */
function superseded(): ChartRun {
  const run = settledVoter().send(probed({ linearizable: silent }));
  const parent = { lineage: 'l1', snapshotId: 's1', revision: 7 };
  const record = { requiredSize: 3, lineage: 'l2', parent };
  const members = [member('b')];
  const rebuilt = { kind: 'answers', clusterId: 'c2', members, answering: ['mb'], record } as const;
  run.send({ type: 'cluster.surveyed', atMs: 0, answer: rebuilt });
  return run.done('addLearner', { ...admitted, clusterId: 'c2' });
}

function answer(record: { requiredSize: number; lineage: string } | null, answering = ['mb']) {
  const members = [member('a'), member('b')];
  const answers = { kind: 'answers', clusterId: 'c1', members, answering, record } as const;
  return { type: 'cluster.surveyed', atMs: 0, answer: answers } as const;
}

function learning(): ChartRun {
  return new ChartRun()
    .done('prepare', prepared({ data: { kind: 'readable' } }))
    .done('launchEtcd', { pid: 7 })
    .send(probed({ status: learner }));
}

/** What the walks reach, by the names of the page. */
function walked(): Coverage {
  const coverage = new Coverage();
  const chart = markedChart(coverage);
  for (const walk of Object.values(walks)) {
    const run = walk();
    let [snapshot, actions] = initialTransition(chart, run.context.settings);
    for (const event of run.events) {
      countMarks(coverage, actions);
      [snapshot, actions] = transition(chart, snapshot, event as never);
    }
    countMarks(coverage, actions);
  }
  return coverage;
}

/** The second cell of each row of a table of the page, by its first. */
function rowsOf(title: string): ReadonlyMap<string, string> {
  const page = readFileSync('docs/simulation-coverage.md', 'utf8').replaceAll('\\|', '|');
  const section = page.split('\n## ').find((part) => part.startsWith(`${title}\n`)) ?? '';
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2);
  return new Map(
    rows.map((row) => {
      const [name = '', count = ''] = row.slice(2, -2).split(' | ');
      return [name.replaceAll('`', ''), count.trim()];
    }),
  );
}

const howTo = 'npm run simulate -- --seeds 450 --coverage docs/simulation-coverage.md';

describe('the page of what the simulation reaches', () => {
  test.each([
    ['States', stateNames(nodeMachine)],
    ['Transitions', transitionNames(nodeMachine)],
    ['Guards', guardNames()],
    ['Rules', Object.keys(rules)],
    ['Faults', [...faultKinds]],
  ])(`%s are those of the chart; if not: ${howTo}`, (title, names) => {
    expect([...rowsOf(title).keys()]).toEqual(names);
  });

  test('every kind of fault was injected', () => {
    expect([...rowsOf('Faults')].filter(([, count]) => !(Number(count) > 0))).toEqual([]);
  });

  test.each(['States', 'Transitions'])(
    '%s are all reached: by seeds, by hand or by a walk',
    (title) => {
      const reached = title === 'States' ? walked().states : walked().transitions;
      const missed = [...rowsOf(title)].filter(
        ([name, count]) => !(Number(count) > 0) && count !== 'by hand' && !reached.has(name),
      );
      expect(missed).toEqual([]);
    },
  );

  test('nearly all transitions are taken by seeds', () => {
    const rows = [...rowsOf('Transitions').values()];
    const bySeeds = rows.filter((count) => Number(count) > 0).length;
    expect(bySeeds / rows.length).toBeGreaterThan(0.7);
  });
});
