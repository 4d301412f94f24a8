import { assign, fromEventObservable, fromPromise, setup } from 'xstate';
import type {
  CertificateReading,
  ClusterAnswer,
  ClusterRecord,
  EtcdExitKind,
  EtcdExitReason,
  Fault,
  Identity,
  MembersObservation,
  OwnProbe,
  Peer,
  PinnedSnapshot,
  RestoreOrder,
  SnapshotProof,
  StoreReading,
  TakenSnapshot,
} from '../facts.ts';
import { isRebuiltFrom, proposesToReplace } from '../lifecycle/decide-restore.ts';
import type { LifecyclePath } from '../lifecycle/decision.ts';
import type { PlanStep } from '../lifecycle/plan.ts';
import type { RuleId } from '../rules.ts';
import * as backups from './backup-updates.ts';
import * as certificates from './certificate-updates.ts';
import type { NodeContext, NodeSettings } from './context.ts';
import type {
  ChangeOutcome,
  NodeEffects,
  NodeObservers,
  Prepared,
  ProofStanding,
  Thinning,
  TurnOutcome,
} from './effects.ts';
import type { NodeEvent } from './events.ts';
import * as guards from './guards.ts';
import { refuseOrder } from './restore-order.ts';
import * as updates from './updates.ts';

/** An effect's actor. The chart only names it: `src/node` provides what it does. */
function effect<Name extends keyof NodeEffects>(name: Name) {
  return fromPromise<NodeEffects[Name]['output'], NodeEffects[Name]['input']>(() =>
    Promise.reject(new Error(`the effect ${name} is not provided`)),
  );
}

/** An observer's actor: a stream of facts while a state lasts. It never ends by itself. */
function observer<Name extends keyof NodeObservers>(name: Name) {
  return fromEventObservable<NodeEvent, NodeObservers[Name]>(() => {
    throw new Error(`the observer ${name} is not provided`);
  });
}

/** Durations in milliseconds that the chart waits by itself. */
export const waits = {
  changeFirstMs: 250,
  changeMaxMs: 3_000,
  refusalRetryMs: 1_000,
  supersededRetryMs: 10_000,
  planRetryMs: 1_000,
  settleRetryMs: 1_000,
  promotionRetryMs: 200,
  restartFirstMs: 500,
  restartMaxMs: 30_000,
  obstructionRetryMs: 15_000,
  membershipCooldownMs: 2_000,
  capRetryMs: 60_000,
  restoreFirstMs: 500,
  restoreMaxMs: 30_000,
  securingDeadlineMs: 30_000,
  snapshotFirstMs: 250,
  snapshotRetryFirstMs: 2_000,
  snapshotRetryMaxMs: 300_000,
  proofPauseMaxMs: 600_000,
  certificateRetryMs: 3_000,
  turnDeadlineMs: 60_000,
  orderDeadlineMs: 900_000,
} as const;

/** Doubles with every failed start, up to half a minute. */
export function restartBackoffMs({ failedStarts, settings }: NodeContext): number {
  return backoffMs(failedStarts, [waits.restartFirstMs, waits.restartMaxMs], settings.jitter);
}

/** Doubles with every change that failed: each attempt costs the cluster a lock and a lease. */
function changeBackoffMs({ failedChanges, settings }: NodeContext): number {
  return backoffMs(failedChanges, [waits.changeFirstMs, waits.changeMaxMs], settings.jitter);
}

function restoreBackoffMs({ failedRestores, settings }: NodeContext): number {
  return backoffMs(failedRestores, [waits.restoreFirstMs, waits.restoreMaxMs], settings.jitter);
}

/** One whose etcd still runs goes back to it in between: not every second. */
function refusalPauseMs({ decision }: NodeContext): number {
  const isSuperseded = decision?.kind === 'act' && decision.moveAside === 'superseded';
  return isSuperseded ? waits.supersededRetryMs : waits.refusalRetryMs;
}

/** The first snapshot of a new leader comes at once; the others by the interval. */
function snapshotPauseMs({ settings, backup }: NodeContext): number {
  return backup.last === null
    ? waits.snapshotFirstMs
    : (settings.snapshots?.intervalMs ?? waits.snapshotRetryMaxMs);
}

function snapshotBackoffMs({ settings, backup }: NodeContext): number {
  const bounds = [waits.snapshotRetryFirstMs, waits.snapshotRetryMaxMs] as const;
  return backoffMs(backup.failures, bounds, settings.jitter);
}

/** Often enough that a proof is never much older than it may become. */
function proofPauseMs({ settings }: NodeContext): number {
  const allowedMs = settings.snapshots?.verifyIntervalMs ?? waits.proofPauseMaxMs;
  return Math.min(allowedMs / 4, waits.proofPauseMaxMs);
}

/** The jitter keeps nodes apart. */
function backoffMs(failures: number, [first, most]: readonly [number, number], jitter: number) {
  const doubled = first * 2 ** Math.min(Math.max(failures - 1, 0), 10);
  return Math.min(doubled, most) * (0.75 + jitter / 2);
}

/**
 * Types, actors, guards, actions and delays of the node's chart; its states are in the files
 * beside.
 */
export const nodeSetup = setup({
  types: {
    context: {} as NodeContext,
    events: {} as NodeEvent,
    input: {} as NodeSettings,
    tags: {} as 'deciding' | 'seeksAdmission' | 'serving' | 'waitsForOperator' | 'danger' | 'ended',
    meta: {} as { readonly rule?: RuleId; readonly command?: string },
    transitionMeta: {} as { readonly rule?: RuleId },
  },
  actors: {
    prepare: effect('prepare'),
    writeIdentity: effect('writeIdentity'),
    addLearner: effect('addLearner'),
    replaceMember: effect('replaceMember'),
    changeMembership: effect('changeMembership'),
    moveDataAside: effect('moveDataAside'),
    chooseSnapshot: effect('chooseSnapshot'),
    fetchAhead: effect('fetchAhead'),
    stageSnapshot: effect('stageSnapshot'),
    vouchForOrder: effect('vouchForOrder'),
    installSnapshot: effect('installSnapshot'),
    takeSnapshot: effect('takeSnapshot'),
    thinStore: effect('thinStore'),
    readProofs: effect('readProofs'),
    proveSnapshot: effect('proveSnapshot'),
    launchEtcd: effect('launchEtcd'),
    recordCluster: effect('recordCluster'),
    renewCertificates: effect('renewCertificates'),
    followRotation: effect('followRotation'),
    takeTurn: effect('takeTurn'),
    yieldTurn: effect('yieldTurn'),
    handOverLeadership: effect('handOverLeadership'),
    stopEtcd: effect('stopEtcd'),
    leaveGossip: effect('leaveGossip'),
    observePeers: observer('observePeers'),
    observeLoop: observer('observeLoop'),
    surveyCluster: observer('surveyCluster'),
    surveySuccessor: observer('surveySuccessor'),
    observeStore: observer('observeStore'),
    observeCertificates: observer('observeCertificates'),
    observeEtcd: observer('observeEtcd'),
    observeMembers: observer('observeMembers'),
    watchEtcd: observer('watchEtcd'),
  },
  guards: {
    decidedTo: ({ context }, path: LifecyclePath) =>
      context.decision?.kind === 'act' && context.decision.path === path,
    decisionAsks: ({ context }) => context.decision?.kind === 'ask',
    decisionNoLongerAsks: ({ context }) => context.decision?.kind !== 'ask',
    decisionRefuses: ({ context }) => context.decision?.kind === 'refuse',
    nodesAreMissing: ({ context }) => context.decision?.rule === 'S7',
    dataMustMove: ({ context }) =>
      context.decision?.kind === 'act' && context.decision.moveAside !== undefined,
    runningDataMustMove: ({ context }) =>
      context.decision?.kind === 'act' &&
      context.decision.moveAside !== undefined &&
      (context.pid !== null || context.adoptedPid !== null),
    planSaysTo: ({ context }, kind: PlanStep['kind']) => context.planStep?.kind === kind,
    planIsOver: ({ context }) =>
      context.identity.plan === null &&
      !(context.decision?.kind === 'act' && context.decision.path === 'bootstrap-new'),
    planIsLaunched: ({ context }) => context.identity.plan?.stage === 'launched',
    orderIsFit: ({ context }, order: RestoreOrder) => refuseOrder(context, order) === null,
    callOffIsFit: ({ context }, order: RestoreOrder) =>
      order.kind === 'callOff' && refuseOrder(context, order) === null,
    isToldToGoBack: ({ context }) =>
      context.peers.some((peer) => proposesToReplace(peer, context.identity)),
    runningClusterIsToGoBack: ({ context }) => guards.runningClusterIsToGoBack(context),
    plannedSnapshotIsStaged: ({ context }) => guards.plannedSnapshotIsStaged(context),
    orderNeedsVoucher: ({ context }) => guards.orderNeedsVoucher(context),
    proposalIsOwn: ({ context }) => guards.proposalIsOwn(context),
    proposalStands: ({ context }) => guards.proposalStands(context),
    boundSnapshotIsNotStaged: ({ context }) => guards.boundSnapshotIsNotStaged(context),
    replacedEtcdRuns: ({ context }) =>
      context.identity.plan?.stage === 'launched' &&
      (context.pid !== null || context.adoptedPid !== null),
    restoreIsOver: ({ context }) =>
      context.identity.plan === null &&
      !(context.decision?.kind === 'act' && context.decision.path === 'restore-from-snapshot'),
    snapshotsAreOurs: ({ context }) => guards.snapshotsAreOurs(context),
    snapshotsAreNotOurs: ({ context }) => !guards.snapshotsAreOurs(context),
    /** Once for each change, however often it has to be asked for. */
    changeIsToBeSecured: ({ context }) =>
      context.settings.snapshots !== null && context.failedChanges === 0,
    revisionHasMoved: ({ context }) => guards.revisionHasMoved(context),
    thinningIsDue: ({ context }) => guards.thinningIsDue(context),
    proofsAreOurs: ({ context }) => guards.proofsAreOurs(context),
    proofsAreNotOurs: ({ context }) => !guards.proofsAreOurs(context),
    renewalIsDue: ({ context }) => certificates.renewalIsDue(context),
    rotationHasWork: ({ context }) =>
      (context.certificates.reading?.rotation?.work ?? null) !== null,
    authoritiesHaveChanged: ({ context }) => certificates.authoritiesHaveChanged(context),
    turnIsGranted: (_, outcome: TurnOutcome) => outcome.kind === 'granted',
    turnIsHeld: ({ context }) => certificates.turnIsHeld(context),
    turnIsDropped: ({ context }) => context.certificates.turn === null,
    turnHasServed: ({ context }) => certificates.turnHasServed(context),
    proofIsDue: ({ context }) => context.backup.toProve !== null,
    answerIsRebuilt: ({ context }, answer: ClusterAnswer) =>
      isRebuiltFrom(context.identity, answer),
    changeIsDone: (_, outcome: ChangeOutcome) => outcome.kind === 'done',
    changeIsRefused: (_, outcome: ChangeOutcome) => outcome.kind === 'refused',
    changeIsCapped: (_, outcome: ChangeOutcome) =>
      outcome.kind === 'refused' && outcome.refusal.rule === 'S14',
    etcdIsAdopted: ({ context }) => context.adoptedPid !== null,
    etcdServes: ({ context }) => guards.etcdServes(context),
    etcdFails: ({ context }) => context.probe !== null && !guards.etcdServes(context),
    clusterIsForeign: ({ context }) => guards.clusterIsForeign(context),
    quorumIsHeld: ({ context }) => guards.quorumHeld(context),
    nothingIsKnown: ({ context }) => context.probe === null,
    quorumIsLost: ({ context }) => context.probe !== null && !guards.quorumHeld(context),
    isLearner: ({ context }) => guards.isLearner(context),
    isVoter: ({ context }) => guards.isVoter(context),
    isSettled: ({ context }) => guards.isVoter(context) && guards.isSettled(context),
    etcdIsMute: ({ context }, atMs: number) => guards.isMute(context, atMs),
    hasCaughtUp: ({ context }, atMs: number) => guards.steadilyCaughtUp(context, atMs),
    someoneIsSuspected: ({ context }) => context.suspicions.length > 0,
    nobodyIsSuspected: ({ context }) => context.suspicions.length === 0,
    removalIsDue: ({ context }) => guards.ownDueRemoval(context) !== null,
    removalIsDueAndStoreIsThere: ({ context }) =>
      context.settings.snapshots !== null && guards.ownDueRemoval(context) !== null,
    exitIs: (_, { kind, is }: { kind: EtcdExitKind; is: EtcdExitKind }) => kind === is,
    planIsCommitted: ({ context }) => context.identity.plan?.stage === 'committed',
    launchIsUnused: ({ context }, kind: EtcdExitKind) => guards.launchIsUnused(context, kind),
    lastExitWasHopeless: ({ context }) =>
      context.lastExit !== null && guards.exitIsHopeless(context.lastExit.kind),
    exitIsHopeless: (_, kind: EtcdExitKind) => guards.exitIsHopeless(kind),
    exitIsObstructed: (_, kind: EtcdExitKind) => guards.exitIsObstructed(kind),
    etcdIsKeptOnExit: ({ context }) => context.settings.keepEtcdOnExit,
    etcdIsNotRunning: ({ context }) => context.pid === null && context.adoptedPid === null,
  },
  actions: {
    takePrepared: assign(({ context }, prepared: Prepared) =>
      updates.takePrepared(context, prepared),
    ),
    takeFault: assign((_, fault: Fault) => ({ fault })),
    takePeers: assign(({ context }, peers: readonly Peer[]) => updates.takePeers(context, peers)),
    takeAnswer: assign((_, answer: ClusterAnswer) => ({ answer })),
    forgetAnswer: assign({ answer: () => ({ kind: 'silent' }) as const }),
    weigh: assign(({ context }) => updates.weigh(context)),
    weighUnlessBound: assign(({ context }) => updates.weighUnlessBound(context)),
    takePath: assign(({ context }, path: LifecyclePath) => updates.takePath(context, path)),
    stepPlan: assign(({ context }) => updates.stepPlan(context)),
    takeIdentity: assign(({ context }, identity: Identity) =>
      updates.takeIdentity(context, identity),
    ),
    takeRecord: assign(({ context }, record: ClusterRecord) => updates.takeRecord(context, record)),
    launchFromPlan: assign(({ context }) => updates.launchFromPlan(context)),
    launchFromData: assign(({ context }) => updates.launchFromData(context)),
    takeAdmission: assign(({ context }, outcome: ChangeOutcome) =>
      updates.takeAdmission(context, outcome),
    ),
    takeChange: assign(({ context }, outcome: ChangeOutcome) =>
      updates.takeChange(context, outcome),
    ),
    forgetData: assign(({ context }) => updates.forgetData(context)),
    takeLaunched: assign(({ context }, pid: number) => updates.takeLaunched(context, pid)),
    takeAdopted: assign(({ context }) => ({ pid: context.adoptedPid })),
    takeLaunchFault: assign(({ context }, fault: Fault) => updates.takeLaunchFault(context, fault)),
    noteRoused: assign(({ context }) => updates.noteRoused(context)),
    takeProbe: assign(({ context }, probe: OwnProbe) => updates.takeProbe(context, probe)),
    takeExit: assign(({ context }, reason: EtcdExitReason) => updates.takeExit(context, reason)),
    noteRemoved: assign(({ context }) => updates.noteRemoved(context)),
    noteMismatch: assign(({ context }) => updates.noteMismatch(context)),
    noteUnreadable: assign(({ context }, problem: string) =>
      updates.noteUnreadable(context, problem),
    ),
    takeStore: assign((_, { fact, sentence, origin }: StoreReading) => ({
      store: fact,
      storeSentence: sentence,
      storeOrigin: origin ?? null,
    })),
    takeOrder: assign((_, order: RestoreOrder) => ({ order, choice: null })),
    dropOrder: assign(({ context }) => updates.dropOrder(context)),
    withdrawOrder: assign({ order: null, choice: null }),
    takeChoice: assign(({ context }, choice: PinnedSnapshot) =>
      updates.takeChoice(context, choice),
    ),
    noteFetched: assign({ hasFetched: true }),
    takeVouched: assign((_, vouchedPlan: string) => ({ vouchedPlan })),
    takeStaged: assign((_, stagedPlan: string) => ({ stagedPlan })),
    takeRestoreFault: assign(({ context }, fault: Fault) =>
      updates.takeRestoreFault(context, fault),
    ),
    resumeLaunch: assign(({ context }) => updates.resumeLaunch(context)),
    noteRestored: assign(({ context }) => updates.noteRestored(context)),
    keepEtcd: assign(({ context }) => updates.keepEtcd(context)),
    forgetEtcd: assign(({ context }) => updates.forgetEtcd(context)),
    takeSnapshotTaken: assign(({ context }, taken: TakenSnapshot) =>
      backups.takeSnapshotTaken(context, taken),
    ),
    takeSnapshotFault: assign(({ context }, fault: Fault) =>
      backups.takeSnapshotFault(context, fault),
    ),
    takeThinning: assign(({ context }, thinning: Thinning) =>
      backups.takeThinning(context, thinning),
    ),
    takeProofs: assign(({ context }, standing: ProofStanding) =>
      backups.takeProofs(context, standing),
    ),
    takeProof: assign(({ context }, proof: SnapshotProof) => backups.takeProof(context, proof)),
    takeProofFault: assign(({ context }, fault: Fault) => backups.takeProofFault(context, fault)),
    takeCertificates: assign(({ context }, reading: CertificateReading) =>
      certificates.takeCertificates(context, reading),
    ),
    takeTurn: assign(({ context }, outcome: TurnOutcome) =>
      certificates.takeTurn(context, outcome),
    ),
    takeCertificateFault: assign(({ context }, fault: Fault) =>
      certificates.takeCertificateFault(context, fault),
    ),
    noteRenewed: assign(({ context }) => certificates.noteRenewed(context)),
    noteRotated: assign(({ context }) => certificates.noteRotated(context)),
    forgetTurn: assign(({ context }) => certificates.forgetTurn(context)),
    useTurn: assign(({ context }) => certificates.useTurn(context)),
    takeObservation: assign(
      ({ context }, seen: { atMs: number; observation: MembersObservation }) =>
        updates.takeObservation(context, seen),
    ),
    doubtSelf: assign(({ context }) => updates.doubtSelf(context)),
  },
  delays: {
    bootstrapTimeout: ({ context }) => context.settings.bootstrapTimeoutMs,
    changeRetry: ({ context }) => changeBackoffMs(context),
    refusalRetry: ({ context }) => refusalPauseMs(context),
    planRetry: () => waits.planRetryMs,
    settleRetry: () => waits.settleRetryMs,
    promotionRetry: () => waits.promotionRetryMs,
    restartBackoff: ({ context }) => restartBackoffMs(context),
    obstructionRetry: () => waits.obstructionRetryMs,
    membershipCooldown: () => waits.membershipCooldownMs,
    capRetry: () => waits.capRetryMs,
    restoreRetry: ({ context }) => restoreBackoffMs(context),
    orderDeadline: () => waits.orderDeadlineMs,
    securingDeadline: () => waits.securingDeadlineMs,
    snapshotPause: ({ context }) => snapshotPauseMs(context),
    snapshotRetry: ({ context }) => snapshotBackoffMs(context),
    certificateRetry: ({ context }) =>
      waits.certificateRetryMs * (0.75 + context.settings.jitter / 2),
    turnDeadline: () => waits.turnDeadlineMs,
    proofPause: ({ context }) => proofPauseMs(context),
    handOverDeadline: () => 3_000,
    stopDeadline: ({ context }) => context.settings.stopGraceMs + 5_000,
    leaveDeadline: () => 3_000,
  },
});

/**
 * A stream of observations broke off: nothing follows from it but that this e2d is broken. The next
 * one adopts etcd (S16).
 */
export const onObserverBroken = {
  target: '#node.failed',
  actions: {
    type: 'takeFault',
    params: ({ event }: { readonly event: { readonly error: unknown } }) => faultOf(event.error),
  },
  meta: { rule: 'S16' },
} as const;

/** A fault as an effect's failure event carries it; the driver never lets anything else in. */
export function faultOf(error: unknown): Fault {
  return isFault(error) ? error : { code: 'unknown', message: String(error) };
}

function isFault(value: unknown): value is Fault {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}
