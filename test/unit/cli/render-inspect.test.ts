import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { nodeMachine } from '../../../machines/node/machine.ts';
import { enteredStates } from '../../../src/cli/inspect-blocks.ts';
import { renderInspect } from '../../../src/cli/render-inspect.ts';
import { readChart } from '../../../src/visualize/read-chart.ts';
import { askingRun, suspectingRun } from '../../support/inspect-example.ts';

const chart = readChart('node', nodeMachine);
const warnings = ['etcd 3.4 is past its end of life'];
const suspecting = suspectingRun().report(undefined, warnings);
const asking = askingRun().report(undefined, warnings);
const plain = (columns: number) => ({ columns, colour: false });

describe('the rendered chart', () => {
  test('of a member that suspects another, on 100 columns', () => {
    expect(
      renderInspect(suspecting, chart, plain(100)).join('\n'),
    ).toBe(`Node a, path restart-existing
cluster c1 · leader a · quorum held for 1h
etcd 3.6.14 healthy, pid 4343, member ma · e2d 0.1.0, pid 4242

● node                            1h
└─ ● active                       1h  ○ preparing, stopping, stopped, failed
   └─ ● running                   1h  ○ deciding, restartingExisting, joining, replacingSelf, boots…
      ├─ ● etcd.up                1h  ○ choosing, launching, restarting, rousing, backingOff, takin…
      │  └─ ● healthy             1h  ○ starting, unhealthy
      ├─ ● quorum.held            1h  ○ unknown, lost
      ├─ ● standing.voting        1h  ○ unknown, learning, promoting, waitingToPromote, promoted, s…
      ├─ ● membership.suspecting  4s  ○ watching, securing, secured, removing, cooldown, capped
      ├─ ● backup.idle            1h  ○ resting, taking, taken, thinning, failing
      ├─ ● proof.idle             1h  ○ waiting, looking, looked, proving
      └─ ● certificates.watching  1h  ○ renewing, rotating, obstructed, asking, restarting, yieldin…

Decision   act: this node has its data, so it restarts from it
           by rule S9: Restart is not bootstrap: nodes with data restart, and no store is consulted.
           facts: ownData = readable, clusterAnswers = false, memberId = ma, peersAlive = 0,
             requiredSize = 3, store = none
Next       remove member mc if it stays away for another 60 s (rule S11)
Runs       observePeers 1h, observeLoop 1h, observeCertificates 1h, watchEtcd 1h, observeEtcd 1h,
             observeMembers 1h
Recent     1h  begins prepare (S18)  the node begins its life
           1h  decides to act (S9); → etcd.launching, quorum.unknown, standing.unknown, membership.…
           1h  → etcd.up.starting  launchEtcd came back
           1h  → etcd.up.healthy, quorum.held, standing.voting  etcd serves, and quorum is held
           4s  → membership.suspecting  2 of 3 members answer, not c; a leads

MEMBER  ROLE      HEALTH     LAG  REVISION  DB SIZE  ADDRESS
a       leader    healthy    0    900       4.0 KiB  http://a:2379
b       follower  healthy    0    900       4.0 KiB  http://b:2379
c       follower  unhealthy  ?    ?         ?        http://c:2379

PEER  GOSSIP  STATUS   DATA      ADDRESS
b     alive   running  readable  http://b:2380
c     failed  running  readable  http://c:2380

This life is recorded in /var/lib/e2d/events/000001.jsonl.
Warning: etcd 3.4 is past its end of life`);
  });

  test('of a node that waits for its operator, on 40 columns', () => {
    expect(renderInspect(asking, chart, plain(40)).join('\n')).toBe(`Node a, no path taken yet
cluster c1 · no known leader · quorum
  unknown for 5s
etcd 3.6.14 stopped, member ma · e2d
  0.1.0, pid 4242

● node                       5s
└─ ● active                  5s  ○ prep…
   └─ ● deciding             5s  ○ rest…
      └─ ● awaitingOperator  5s  ○ surv…

Decision
  ask, until what it waits for is there
  by rule S8: A lost disk is not a new
    cluster.
  facts: ownData = none, clusterAnswers
    = false, memberId = ma, peersAlive =
    0, requiredSize = 1, store = none
Waits for
  this node was member ma and its data
    is gone, so there is nothing to
    restart from (rule S8)
  to let it go on: bring the data back,
    or remove the state dir to begin a
    new, empty cluster on purpose
Runs
  observePeers 5s, observeLoop 5s,
    surveyCluster 5s, observeStore 5s
Recent
  5s  begins prepare (S18)  the node be…
  5s  decides to ask (S8); → deciding.a…

This life is recorded in
  /var/lib/e2d/events/000001.jsonl.
Warning: etcd 3.4 is past its end of
  life`);
  });

  test.each([20, 40, 59, 60, 80, 100, 200])('is never wider than %i columns', (columns) => {
    for (const report of [suspecting, asking]) {
      for (const line of renderInspect(report, chart, plain(columns))) {
        expect([...line].length, line).toBeLessThanOrEqual(columns);
      }
    }
  });

  test('fits on a screen of 100 columns and 45 rows', () => {
    expect(renderInspect(suspecting, chart, plain(100)).length).toBeLessThanOrEqual(45);
  });

  test.each([40, 100])('says the same with colours as without, on %i columns', (columns) => {
    const coloured = renderInspect(suspecting, chart, { columns, colour: true });
    expect(coloured.join('\n')).toContain('\u001b[32m● healthy\u001b[0m');
    const without = coloured.map((line) => stripVTControlCharacters(line).trimEnd());
    expect(without).toEqual(renderInspect(suspecting, chart, plain(columns)));
  });

  test('takes no orders from names that come from elsewhere', () => {
    const [peer] = suspecting.peers;
    const peers = peer ? [{ ...peer, name: '\u001b[2Jb\u202e\n' }] : [];
    const lines = renderInspect({ ...suspecting, peers }, chart, plain(100));
    expect(lines.join('')).not.toMatch(/\p{Cc}|\p{Cf}/u);
    expect(lines.join('')).toContain('?[2Jb??');
  });

  test('says so when the node runs another chart, and shows states that are unknown here', () => {
    const other = { name: 'node', definitionHash: 'f'.repeat(64) } as const;
    const added = { id: 'node.active.dreaming', description: '', sinceMs: 1_000 };
    const active = [...suspecting.active, added];
    const text = renderInspect({ ...suspecting, chart: other, active }, chart, plain(100));
    expect(text).toContain('● node.active.dreaming  1s (not in the chart of this e2d)');
    expect(text.join('\n')).toContain('Warning: the node runs another version of the chart');
  });

  test('shows delays, and effects with their reasons', () => {
    const reason = { rule: 'S13', sentence: 'it has caught up' } as const;
    const report = {
      ...asking,
      timers: [
        {
          id: 't',
          name: 'restartBackoff',
          state: 'node.active.running.etcd.backingOff',
          leftMs: 300,
        },
      ],
      actors: [
        { id: 'promote', src: 'changeMembership', kind: 'effect', sinceMs: 2_000, reason } as const,
      ],
      recording: { state: 'not-recording', file: null, problem: 'the disk is full' } as const,
    };
    const lines = renderInspect(report, chart, plain(100));
    expect(lines).toContain(
      'Timers     restartBackoff in 300ms, unless running.etcd.backingOff is left before',
    );
    expect(lines).toContain(
      'Runs       promote (changeMembership) for 2s: it has caught up (rule S13)',
    );
    expect(lines).toContain('This life is not recorded: the disk is full.');
  });
});

test('of a step, the innermost states that it entered are told', () => {
  const from = 'active.running.(etcd.up.starting quorum.unknown)';
  const to = 'active.running.(etcd.up.healthy quorum.unknown)';
  expect(enteredStates(from, to)).toEqual(['etcd.up.healthy']);
  expect(enteredStates('preparing', 'active.deciding.surveying')).toEqual(['deciding.surveying']);
});
