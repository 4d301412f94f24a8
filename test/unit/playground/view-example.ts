import type { NodeView, PlaygroundView } from '../../../src/playground/view.ts';

export const voting = 'active.running.(etcd.up.healthy quorum.held standing.voting)';

export function nodeView(name: string, over: Partial<NodeView> = {}): NodeView {
  return {
    name,
    processes: { e2d: true, etcd: true, paused: false },
    isCut: false,
    role: 'follower',
    health: 'healthy',
    own: {
      state: voting,
      path: 'bootstrap-new',
      sinceMs: 5_000,
      outlook: 'nothing: all is as it should be',
    },
    ...over,
  };
}

/** Three nodes a minute after the second was wiped; the third is paused. */
export const wiped: PlaygroundView = {
  elapsedMs: 65_000,
  nodes: [
    nodeView('n1', { role: 'leader' }),
    nodeView('n2', {
      role: 'learner',
      own: {
        state: 'active.running.(etcd.up.healthy quorum.held standing.learning)',
        path: 'remove-dead-then-rejoin',
        sinceMs: 900,
        outlook: 'promote this learner once it has caught up with its leader (rule S13)',
      },
    }),
    nodeView('n3', {
      processes: { e2d: true, etcd: true, paused: true },
      health: 'unhealthy',
      own: null,
    }),
  ],
  selected: 1,
  quorum: 'held',
  leader: 'n1',
  writes: { perSecond: 41, acknowledged: 2_345, longestGapMs: 2_140, sinceLastMs: 12 },
  rates: [0, 10, 20, 40, 41],
  feed: [
    { atMs: 1_000, who: 'n1', text: 'starts etcd (rule S7)' },
    { atMs: 60_000, who: 'you', text: 'take the disk of n2' },
    {
      atMs: 61_000,
      who: 'n2',
      text:
        'decides to remove-dead-then-rejoin: member a3f775b762eb5c7a has the peer URL of this ' +
        'node, but its data is not here (rule S12)',
    },
  ],
  showsHelp: false,
};
