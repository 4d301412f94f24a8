import type { Fault, TakenSnapshot } from '../../machines/facts.ts';
import type { ChangeOutcome, NodeEffects, TurnOutcome } from '../../machines/node/effects.ts';
import { E2dError, textOf } from '../errors/e2d-error.ts';
import type { EtcdEndpoint } from '../etcd/client/endpoint.ts';
import { EtcdFault } from '../etcd/client/etcd-fault.ts';
import { changeMembership, replaceMember } from '../etcd/membership/change-membership.ts';
import { writeClusterRecord } from '../etcd/membership/cluster-record.ts';
import type {
  ChangeOutcome as GuardedOutcome,
  MembershipDeps,
} from '../etcd/membership/locked-work.ts';
import { takeTurn, yieldTurn } from '../etcd/membership/restart-turn.ts';
import { checkOrder, writeOrder } from '../etcd/membership/restore-order.ts';
import { writeRestoredRecord } from '../etcd/membership/restored-record.ts';
import type { Effects } from './driver.ts';
import type { CertificateKeeper, Host, SnapshotKeeper } from './host.ts';
import { prepareNode } from './prepare.ts';
import { type NodeResources, peersOf } from './resources.ts';

/** What the chart can have done, done for real. */
export function createEffects(resources: NodeResources): Effects {
  const { host, own } = resources;
  const changed = (
    request: NodeEffects['changeMembership']['input'],
    signal: AbortSignal,
  ): Promise<ChangeOutcome> =>
    throughFirst(resources, request, signal, (deps) => changeMembership(request.change, deps));

  return {
    prepare: (_, signal) => prepareNode(resources, signal),
    writeIdentity: async ({ identity }) => {
      await host.writeIdentity(identity);
      return identity;
    },
    addLearner: (request, signal) =>
      changed({ ...request, change: { kind: 'addLearner', peerUrl: request.peerUrl } }, signal),
    replaceMember: ({ memberId, peerUrl, ...request }, signal) =>
      throughFirst(resources, request, signal, (deps) =>
        replaceMember({ memberId, peerUrl }, deps),
      ),
    changeMembership: changed,
    moveDataAside: async ({ cause }) => ({ movedTo: await host.moveDataAside(cause) }),
    chooseSnapshot: (request, signal) => host.chooseSnapshot({ ...request, own }, signal),
    fetchAhead: async ({ lineages }, signal) => {
      await host.fetchAhead(lineages, signal);
      return null;
    },
    stageSnapshot: async ({ plan }, signal) => {
      await host.stageSnapshot(plan, signal);
      return { planId: plan.id };
    },
    vouchForOrder: async ({ plan, isOwn }, signal) => {
      await (isOwn ? writeOrder : checkOrder)(own, plan, { signal });
      return { planId: plan.id };
    },
    installSnapshot: ({ plan }) => host.installSnapshot(plan),
    takeSnapshot: (request, signal) => takeSnapshot(resources, request, signal),
    thinStore: ({ lineage }, signal) => keeperOf(host).thin(lineage, signal),
    readProofs: ({ lineage }, signal) => keeperOf(host).proofs(lineage, signal),
    proveSnapshot: ({ snapshotId }, signal) => keeperOf(host).prove(snapshotId, signal),
    launchEtcd: (request) => {
      resources.launching = launch(resources, request);
      return resources.launching;
    },
    recordCluster: ({ record, restored }, signal) =>
      restored === null
        ? writeClusterRecord(own, record, { signal })
        : writeRestoredRecord(own, { record, restored }, { signal }),
    ...certificateEffects(resources),
    handOverLeadership: (_, signal) => handOver(resources, signal),
    stopEtcd: async ({ graceMs, untilMs }) => {
      if (untilMs !== undefined && resources.clock.nowMs() >= untilMs) {
        throw new EtcdFault('deadline', 'The turn to restart etcd was over before it began.');
      }
      // A launch that was under way when the chart left its state has come to an end by now, or
      // will.
      await resources.launching?.catch(() => null);
      await resources.etcd?.stop({ graceMs });
      return null;
    },
    leaveGossip: async () => {
      await resources.gossip?.leave();
      return null;
    },
  };
}

/**
 * Anything an effect throws, as data. What is neither an expected failure nor etcd's is a defect.
 */
export function toFault(thrown: unknown): Fault {
  if (thrown instanceof EtcdFault) return thrown.fault();
  if (thrown instanceof E2dError) {
    return { code: thrown.code, message: [thrown.message, thrown.remedy].join(' ').trim() };
  }
  return { code: 'unexpected', message: textOf(thrown) };
}

function keeperOf({ snapshots }: Host): SnapshotKeeper {
  if (snapshots !== null) return snapshots;
  throw new E2dError('No snapshot store is configured on this node.', {
    code: 'E2D_NO_STORE',
    remedy: 'Start e2d with --snapshot-backup-url.',
  });
}

/** Takes it from the first of the endpoints that reaches a quorum. */
async function takeSnapshot(
  { host, endpoints }: NodeResources,
  { endpoints: urls, ...request }: NodeEffects['takeSnapshot']['input'],
  signal: AbortSignal,
): Promise<TakenSnapshot> {
  const keeper = keeperOf(host);
  for (const url of urls) {
    const endpoint = endpoints.at(url);
    if (await canServe(endpoint, signal)) return keeper.take({ ...request, endpoint }, signal);
  }
  throw new EtcdFault('unavailable', 'No member that has quorum is known to take a snapshot from.');
}

type Request = Pick<
  NodeEffects['changeMembership']['input'],
  'requiredSize' | 'policy' | 'endpoints'
>;

/**
 * Tries a guarded change through one endpoint after the other, as long as it was not even begun.
 */
async function throughFirst(
  resources: NodeResources,
  request: Request,
  signal: AbortSignal,
  change: (deps: MembershipDeps) => Promise<GuardedOutcome>,
): Promise<ChangeOutcome> {
  for (const url of request.endpoints) {
    const endpoint = resources.endpoints.at(url);
    if (signal.aborted || !(await canServe(endpoint, signal))) continue;
    return reported(await change(depsOf(resources, request, { endpoint, signal })));
  }
  return {
    kind: 'failed',
    fault: { code: 'unavailable', message: 'no other member is known to ask' },
  };
}

function depsOf(
  resources: NodeResources,
  { requiredSize, policy }: Request,
  through: { readonly endpoint: EtcdEndpoint; readonly signal: AbortSignal },
) {
  const { clock, config, endpoints, gossip } = resources;
  const nodeName = gossip?.name ?? config.host;
  const peers = () => peersOf(resources);
  return { ...through, endpoints, peers, requiredSize, policy, nodeName, clock };
}

type CertificateEffect = 'renewCertificates' | 'followRotation' | 'takeTurn' | 'yieldTurn';

function certificateEffects(resources: NodeResources): Pick<Effects, CertificateEffect> {
  const { certificates } = resources.host;
  return {
    renewCertificates: async ({ roles }) => {
      await certificates?.renew(roles);
      return null;
    },
    followRotation: async ({ work }) => {
      await certificates?.follow(work);
      return null;
    },
    takeTurn: (request, signal) => askForTurn(resources, request, signal),
    yieldTurn: async ({ leaseId }, signal) => {
      await yieldTurn(resources.own, leaseId, signal);
      return null;
    },
  };
}

/** Through our own etcd alone: whoever cannot reach it has no turn. */
async function askForTurn(
  resources: NodeResources,
  request: NodeEffects['takeTurn']['input'],
  signal: AbortSignal,
): Promise<TurnOutcome> {
  const { certificates } = resources.host;
  const deps = depsOf(resources, request, { endpoint: resources.own, signal });
  const refuseTrust = async (...asked: Parameters<CertificateKeeper['refuseTrust']>) =>
    certificates?.refuseTrust(...asked) ?? null;
  const outcome = await takeTurn({ ...deps, refuseTrust });
  return outcome.kind === 'granted' ? outcome : notDone(outcome);
}

/** A linearizable read first: an endpoint without quorum would only cost the lock's time. */
async function canServe(endpoint: EtcdEndpoint, signal: AbortSignal): Promise<boolean> {
  return endpoint.linearizableRead({ signal, timeoutMs: 1_000 }).then(
    () => true,
    () => false,
  );
}

function reported(outcome: GuardedOutcome): ChangeOutcome {
  if (outcome.kind !== 'done') return notDone(outcome);
  const { members, memberId } = outcome;
  return { kind: 'done', clusterId: members.clusterId, members: members.members, memberId };
}

type NotDone<Outcome> = Exclude<Outcome, { readonly kind: 'done' }>;

function notDone(outcome: NotDone<GuardedOutcome>): NotDone<ChangeOutcome> {
  switch (outcome.kind) {
    case 'busy':
      return { kind: 'busy', holder: outcome.holder.node };
    case 'refused':
      return { kind: 'refused', refusal: outcome.refusal };
    case 'failed':
      return { kind: 'failed', fault: outcome.fault };
  }
}

async function launch(
  resources: NodeResources,
  { launch: spec, name }: NodeEffects['launchEtcd']['input'],
): Promise<{ readonly pid: number }> {
  await moveLeftoversAside(resources);
  const etcd = await resources.host.launchEtcd(spec, name);
  resources.etcd = etcd;
  return { pid: etcd.pid };
}

/**
 * What a first start that was cut short left behind would have etcd resume it, alone and for ever.
 */
async function moveLeftoversAside({ host }: NodeResources): Promise<void> {
  const { abandonedStart } = await host.surveyData();
  if (abandonedStart) await host.moveDataAside('abandoned start');
}

/** If our member leads, the voter that is closest to it is asked to take over. */
async function handOver(
  { own, endpoints }: NodeResources,
  signal: AbortSignal,
): Promise<{ readonly moved: boolean }> {
  const bounds = { signal, timeoutMs: 1_000 };
  const status = await own.status(bounds);
  if (status.leaderId !== status.memberId) return { moved: false };
  const { members } = await own.memberList({ ...bounds, linearizable: false });
  const others = members.filter(({ id, learner }) => id !== status.memberId && !learner);
  const answers = await Promise.all(
    others.flatMap(({ clientUrls }) =>
      clientUrls.slice(0, 1).map((url) =>
        endpoints
          .at(url)
          .status(bounds)
          .catch(() => null),
      ),
    ),
  );
  const heirs = answers
    .filter((answer) => answer !== null)
    .sort((a, b) => b.raftAppliedIndex - a.raftAppliedIndex);
  const heir = heirs[0];
  if (heir === undefined) return { moved: false };
  await own.moveLeader(heir.memberId, { signal, timeoutMs: 2_000 });
  return { moved: true };
}
