import type { Member, Peer } from '../facts.ts';
import { memberAt } from '../quorum.ts';
import { decideRestore, isRebuiltFrom, obeyOrder, resumeRestore } from './decide-restore.ts';
import type { Decision } from './decision.ts';
import {
  type Answering,
  cite,
  dataClaim,
  type LifecycleFacts,
  namesOf,
  presentNodes,
} from './lifecycle-facts.ts';

/** The lifecycle decision table: the first row that matches wins. Total, and pure. */
export function decide(facts: LifecycleFacts): Decision {
  return (
    refuseOtherSize(facts) ??
    resumeRestore(facts) ??
    obeyOrder(facts) ??
    (facts.data.kind === 'readable' ? decideWithData(facts) : null) ??
    (facts.answer.kind === 'answers' ? decideBesideCluster(facts, facts.answer) : null) ??
    decideAlone(facts)
  );
}

function refuseOtherSize(facts: LifecycleFacts): Decision | null {
  const own = facts.identity.requiredSize;
  const recorded = facts.answer.kind === 'answers' ? facts.answer.record?.requiredSize : undefined;
  const running = facts.peers.find(
    (peer) => peer.liveness === 'alive' && peer.status === 'running' && peer.requiredSize !== own,
  );
  const theirs = recorded ?? running?.requiredSize;
  if (theirs === undefined || theirs === own || isJustRestored(facts)) return null;
  return {
    kind: 'refuse',
    rule: 'S7',
    reason: `this node is configured for a cluster of ${own} (-n ${own}), but the running cluster was made for ${theirs}: start it with -n ${theirs}, or point it at another cluster`,
    facts: cite(facts, { clusterSize: theirs }),
  };
}

/** S5: a restored cluster serves its old record for a moment, until the new one is written. */
function isJustRestored({ peers, identity, answer }: LifecycleFacts): boolean {
  const recorded = answer.kind === 'answers' ? answer.record?.lineage : undefined;
  return peers.some(
    ({ liveness, requiredSize, lineage }) =>
      liveness === 'alive' &&
      requiredSize === identity.requiredSize &&
      recorded !== undefined &&
      lineage !== null &&
      lineage !== recorded,
  );
}

function decideWithData(facts: LifecycleFacts): Decision {
  const { answer, identity, adoptedPid } = facts;
  const rebuilt = answer.kind === 'answers' ? rejoinRebuilt(facts, answer) : null;
  if (rebuilt !== null) return rebuilt;
  if (adoptedPid !== null) {
    return {
      kind: 'act',
      path: 'restart-existing',
      rule: 'S16',
      reason: `etcd is running already as process ${adoptedPid} on this data dir, and is adopted`,
      facts: cite(facts, { adoptedPid }),
    };
  }
  if (answer.kind === 'answers') {
    if (identity.clusterId !== null && answer.clusterId !== identity.clusterId) {
      return askForeignCluster(facts, answer);
    }
    const listed = answer.members.some(({ id }) => id === identity.memberId);
    if (identity.memberId === null ? facts.removedByCluster : !listed) {
      return rejoinAfterRemoval(facts, answer);
    }
  }
  if (facts.removedByCluster) {
    return {
      kind: 'wait',
      rule: 'S1',
      reason:
        'etcd says that its member was removed: this node waits until the cluster itself confirms it',
      facts: cite(facts),
    };
  }
  return {
    kind: 'act',
    path: 'restart-existing',
    rule: answer.kind === 'answers' ? 'S2' : 'S9',
    reason: 'this node has its data, so it restarts from it',
    facts: cite(facts),
  };
}

/** S15: the cluster was built anew from another node, on an operator's word. */
function rejoinRebuilt(facts: LifecycleFacts, answer: Answering): Decision | null {
  const { peerUrl, lineage } = facts.identity;
  /** A lineage that has quorum was copied, and not given up: its data stays where it is. */
  const runsOwnLineage = (peer: Peer) =>
    peer.liveness === 'alive' && peer.status === 'running' && peer.lineage === lineage;
  if (!isRebuiltFrom(facts.identity, answer) || facts.peers.some(runsOwnLineage)) return null;
  const entry = memberAt(answer.members, peerUrl);
  const decision = entry ? decideOwnEntry(facts, answer, entry) : decideWithoutEntry(facts, answer);
  if (decision.kind !== 'act') return decision;
  return {
    ...decision,
    ...(facts.data.kind === 'none' ? {} : { moveAside: 'superseded' }),
    rule: 'S15',
    reason: `the cluster was restored from lineage ${lineage} as ${answer.record?.lineage}: what data this node has is moved aside, and it joins`,
  };
}

function askForeignCluster(facts: LifecycleFacts, answer: Answering): Decision {
  return {
    kind: 'ask',
    rule: 'S2',
    reason: `the data here belongs to cluster ${facts.identity.clusterId}, but the nodes it was told of run cluster ${answer.clusterId}`,
    command: 'correct --bootstrap-addrs, or move the data dir away by hand, and start e2d again',
    facts: cite(facts, { answeringClusterId: answer.clusterId }),
  };
}

function rejoinAfterRemoval(facts: LifecycleFacts, answer: Answering): Decision {
  const entry = memberAt(answer.members, facts.identity.peerUrl);
  if (entry) {
    const decision = decideOwnEntry(facts, answer, entry);
    return decision.kind === 'act' ? { ...decision, moveAside: 'removed' } : decision;
  }
  return {
    kind: 'act',
    path: 'join',
    moveAside: 'removed',
    rule: 'S3',
    reason: `member ${facts.identity.memberId ?? 'of this node'} was removed from the cluster while this node was away: its data is moved aside, and it joins again`,
    facts: cite(facts, { members: answer.members.length }),
  };
}

function decideBesideCluster(facts: LifecycleFacts, answer: Answering): Decision {
  const { identity } = facts;
  if (identity.clusterId !== null && identity.clusterId !== answer.clusterId) {
    return rejoinRebuilt(facts, answer) ?? askForeignCluster(facts, answer);
  }
  const entry = memberAt(answer.members, identity.peerUrl);
  const decision = entry ? decideOwnEntry(facts, answer, entry) : decideWithoutEntry(facts, answer);
  if (facts.data.kind !== 'unreadable' || decision.kind !== 'act') return decision;
  return { ...decision, moveAside: 'unreadable' };
}

function decideOwnEntry(facts: LifecycleFacts, answer: Answering, entry: Member): Decision {
  const cited = cite(facts, { memberId: entry.id, members: answer.members.length });
  if (answer.answering.includes(entry.id)) {
    return {
      kind: 'ask',
      rule: 'S12',
      reason: `member ${entry.id} (${entry.name}) answers at this node's own peer URL ${facts.identity.peerUrl}: two nodes claim one address`,
      command: 'stop the other node, or give this one another --host or --peer-addr',
      facts: cited,
    };
  }
  return {
    kind: 'act',
    path: 'remove-dead-then-rejoin',
    rule: 'S12',
    reason: `member ${entry.id} has this node's peer URL but its data is not here and it does not answer: it is removed, and this node joins in its place`,
    facts: cited,
  };
}

function decideWithoutEntry(facts: LifecycleFacts, answer: Answering): Decision {
  const { requiredSize } = facts.identity;
  const cited = cite(facts, { members: answer.members.length });
  if (answer.members.length >= requiredSize) {
    return {
      kind: 'wait',
      rule: 'S11',
      reason: `the cluster has all of its ${requiredSize} members: this node stands by until one of them is removed`,
      facts: cited,
    };
  }
  if (answer.members.some((member) => member.learner)) {
    return {
      kind: 'wait',
      rule: 'S13',
      reason: 'another member is being added, and there is never a second learner',
      facts: cited,
    };
  }
  return {
    kind: 'act',
    path: 'join',
    rule: 'S13',
    reason: `the cluster has ${answer.members.length} of ${requiredSize} members, none at this node's peer URL: it joins as a learner`,
    facts: cited,
  };
}

function decideAlone(facts: LifecycleFacts): Decision {
  return (
    decideBrokenData(facts) ??
    resumePlan(facts) ??
    waitForOthersData(facts) ??
    decideLostDisk(facts) ??
    waitForNodes(facts) ??
    decideNewCluster(facts)
  );
}

function decideBrokenData(facts: LifecycleFacts): Decision | null {
  const { data, identity } = facts;
  if (data.kind !== 'unreadable') return null;
  if (identity.requiredSize > 1) {
    return {
      kind: 'wait',
      rule: 'S2',
      reason: `the data here cannot be read (${data.problem}): it waits for a cluster that answers, to join it anew`,
      facts: cite(facts),
    };
  }
  return {
    kind: 'ask',
    rule: 'S2',
    reason: `the data here cannot be read (${data.problem}), and there is no other node to get it from`,
    command: 'repair the data dir or restore a snapshot into it, and start e2d again',
    facts: cite(facts),
  };
}

/** S7: an acknowledged plan binds, across a restart too, until it is carried out or called off. */
function resumePlan(facts: LifecycleFacts): Decision | null {
  const { plan } = facts.identity;
  if (plan === null || plan.stage === 'launched') return null;
  return {
    kind: 'act',
    path: 'bootstrap-new',
    rule: 'S7',
    reason: `this node has ${plan.stage} bootstrap plan ${plan.plan.id}, and goes on with it`,
    facts: cite(facts, { planId: plan.plan.id }),
  };
}

/** S2: nobody begins anew while a known node has, or may still have, data. */
function waitForOthersData(facts: LifecycleFacts): Decision | null {
  const holders = facts.peers.filter(
    (peer) => peer.data === 'readable' || peer.data === 'unreadable' || peer.status === 'running',
  );
  if (holders.length === 0) return null;
  return {
    kind: 'wait',
    rule: 'S2',
    reason: `${namesOf(holders)} ${holders.length === 1 ? 'has' : 'have'} data of a cluster that does not answer yet: this node waits for it`,
    facts: cite(facts, { dataHolders: namesOf(holders) }),
  };
}

/** The store has a say in what becomes of a cluster whose disks are lost, or has not been heard. */
function mayHoldSnapshot({ store }: LifecycleFacts): boolean {
  return store !== 'none' && store !== 'empty';
}

/** S8: an identity without data, here or elsewhere, tells of a cluster that existed. */
function decideLostDisk(facts: LifecycleFacts): Decision | null {
  const ownLost = dataClaim(facts.data, facts.identity) === 'lost';
  const losers = facts.peers.filter((peer) => peer.data === 'lost');
  if (!ownLost && losers.length === 0) return null;
  if (mayHoldSnapshot(facts) && presentNodes(facts) >= facts.identity.requiredSize) return null;
  if (facts.identity.requiredSize === 1) {
    return {
      kind: 'ask',
      rule: 'S8',
      reason: `this node was member ${facts.identity.memberId ?? 'of a planned cluster'} and its data is gone, so there is nothing to restart from`,
      command:
        'bring the data back, or remove the state dir to begin a new, empty cluster on purpose',
      facts: cite(facts),
    };
  }
  return {
    kind: 'wait',
    rule: 'S8',
    reason: `${ownLost ? 'this node' : namesOf(losers)} lost its disk, which is no reason for a new cluster: it waits for the other members`,
    facts: cite(facts),
  };
}

function waitForNodes(facts: LifecycleFacts): Decision | null {
  const { requiredSize } = facts.identity;
  const present = presentNodes(facts);
  if (present >= requiredSize) return null;
  const others = facts.peers.filter(
    (peer) => peer.liveness === 'alive' && peer.requiredSize !== requiredSize,
  );
  const hint = others.length === 0 ? '' : `; ${namesOf(others)} wants another cluster size`;
  return {
    kind: 'wait',
    rule: 'S7',
    reason: `${present} of ${requiredSize} required nodes are here${hint}`,
    facts: cite(facts, { present }),
  };
}

function decideNewCluster(facts: LifecycleFacts): Decision {
  const { requiredSize } = facts.identity;
  const cited = cite(facts, { present: presentNodes(facts) });
  const everyone =
    requiredSize === 1 ? 'this node is alone by design' : `all ${requiredSize} nodes are here`;
  switch (facts.store) {
    case 'none':
    case 'empty':
      return {
        kind: 'act',
        path: 'bootstrap-new',
        rule: 'S7',
        reason: `${everyone} and none has data: they form a new cluster`,
        facts: cited,
      };
    case 'snapshot':
    case 'ambiguous':
      return decideRestore(facts, everyone);
    case 'unread':
      return {
        kind: 'wait',
        rule: 'S1',
        reason: `${everyone}, and the snapshot store has not been read yet`,
        facts: cited,
      };
    case 'unreadable':
      if (facts.order?.kind === 'approve') return decideRestore(facts, everyone);
      return {
        kind: 'wait',
        rule: 'S1',
        reason: `the snapshot store is of no use now, so nobody knows whether this cluster is new: ${facts.storeSentence ?? 'nothing is known of it'}`,
        facts: cited,
      };
  }
}
