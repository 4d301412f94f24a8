import type { LifecyclePath } from '../../machines/lifecycle/decision.ts';
import type { NodeEffects, NodeObservers } from '../../machines/node/effects.ts';
import type { NodeEvent } from '../../machines/node/events.ts';

/** What words of the chart mean that have no sentence in the chart itself. */

export const pathSentences: Readonly<Record<LifecyclePath, string>> = {
  'restart-existing': 'The node has its data: etcd restarts from it, or is adopted while it runs.',
  join: 'The node has no data and the cluster answers: it is added as a learner, and catches up.',
  'bootstrap-new':
    'Nobody has data and all required nodes are there: they agree on one plan for a new cluster.',
  'remove-dead-then-rejoin':
    'The node lost its disk: its own dead member is removed, and it joins in its place.',
  'restore-from-snapshot':
    'Nobody has data and the store holds a snapshot: it is brought back as a new lineage.',
};

export const eventSentences: Readonly<Record<NodeEvent['type'], string>> = {
  'gossip.changed': 'Gossip shows other nodes, or the same ones otherwise.',
  'cluster.surveyed': 'The endpoints of other nodes were asked for a linearizable member list.',
  'store.read': 'The snapshot store was listed, or could not be.',
  'etcd.probed': "This node's own etcd was probed.",
  'members.observed': 'All members were asked, starting from a linearizable member list.',
  'certificates.read': "This node's certificates were read, and something has changed.",
  'etcd.exited': 'The etcd process ended; its exit and its log tell why.',
  'loop.delayed': 'This process stood still for a time, so its recent doubts prove nothing.',
  'operator.restore.requested': 'An operator asked for a restore, and may have it.',
  'operator.stop.requested': 'SIGTERM or SIGINT: the node is to end in order.',
  'operator.hurry.requested': 'A second signal: the node is to end at once.',
};

export const effectSentences: Readonly<Record<keyof NodeEffects, string>> = {
  prepare: 'Reads the machine: identity, data dir, binaries, an etcd that may still run.',
  writeIdentity: 'Writes the identity file, durably, before anything relies on it.',
  addLearner: 'Has this node added to the cluster as a learner, under the cluster-wide lock.',
  replaceMember:
    "Has this node's dead member removed and the node added as a learner, under one lock.",
  changeMembership: 'Has a learner promoted or a member removed, on evidence gathered afresh.',
  moveDataAside: 'Renames old data, so that the node can start anew without deleting any.',
  chooseSnapshot: 'Fetches the newest snapshot that can be opened, and says why of the others.',
  fetchAhead: 'Fetches what the coordinator is likely to choose, so that it lies ready.',
  stageSnapshot: 'Restores the pinned snapshot beside the data dir, and opens the result.',
  vouchForOrder: 'Writes an order to go back into the cluster itself, or finds it there.',
  installSnapshot: 'Moves old data aside, and what was restored into its place.',
  takeSnapshot: 'Streams the database into the store, reads it back, and lets it show there.',
  thinStore: 'Lets old snapshots of the lineage go, by the rules of retention.',
  readProofs: 'Reads which snapshots were proven, and when.',
  proveSnapshot: 'Restores a snapshot into a scratch etcd, compares it, and times it.',
  launchEtcd: 'Starts etcd in a session of its own, so that it outlives e2d.',
  recordCluster: "Creates the cluster's record in etcd if it is missing, and reads it.",
  renewCertificates: 'Has the authority sign the keys of this node anew, in place.',
  followRotation: 'Puts this node in step with a change of the authority: its files, one step.',
  takeTurn: 'Asks, under the cluster-wide lock, to be the one member that restarts its etcd.',
  yieldTurn: 'Gives that lock back, once etcd serves again.',
  handOverLeadership: 'Has another member take over, if this one leads.',
  stopEtcd: 'Ends etcd by SIGTERM, and by SIGKILL when it takes too long.',
  leaveGossip: 'Tells the other nodes that this one leaves of its own will.',
};

export const observerSentences: Readonly<Record<keyof NodeObservers, string>> = {
  observePeers: 'Listens to gossip for what the other nodes say of themselves.',
  observeLoop: 'Watches for standstills of this very process.',
  surveyCluster: 'Asks the endpoints of other nodes whether there is a cluster.',
  observeStore: 'Reads what the snapshot store holds, while that matters.',
  surveySuccessor: 'Asks other nodes whether the cluster was built anew without this one.',
  observeCertificates: "Looks at this node's certificates, and at what its etcd trusts.",
  observeEtcd: "Probes this node's own etcd.",
  observeMembers: 'Asks all members how they are, as the member list names them.',
  watchEtcd: 'Waits for the end of the etcd process.',
};

/** What a tag says of a state that has it. */
export const tagSentences: Readonly<Record<string, string>> = {
  deciding: 'the node has not chosen a path yet',
  seeksAdmission: 'the node asks the cluster to be made a member',
  serving: 'etcd answers',
  waitsForOperator: 'only a person can let it go on',
  danger: 'something is wrong',
  ended: 'the end of this life of the node',
};
