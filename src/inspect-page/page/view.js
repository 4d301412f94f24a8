// What the page shows of one node at one moment, whether it comes from a report or from a log.

import { activeIds } from './state-path.js';

/** The newest report, as of now. `elapsedMs` has passed since it came. */
export function viewOfReport(report, elapsedMs) {
  return {
    node: report.node.name,
    atMs: Date.parse(report.askedAt) + elapsedMs,
    ids: report.active.map(({ id }) => id),
    since: Object.fromEntries(
      report.active.map(({ id, sinceMs }) => [id, Date.parse(report.askedAt) - sinceMs]),
    ),
    path: report.path,
    decision: report.decision,
    waiting: report.waitingFor,
    next: report.next,
    warnings: report.warnings,
    timers: report.timers.map((timer) => ({
      ...timer,
      dueMs: Date.parse(report.askedAt) + timer.leftMs,
    })),
    actors: report.actors.map((actor) => ({
      ...actor,
      sinceMs: Date.parse(report.askedAt) - actor.sinceMs,
    })),
    members: report.members,
    peers: report.peers,
    leader: report.leader,
    quorum: report.quorum.state,
    asOf: null,
  };
}

/** A node after one of its steps. Only what was known then is shown; the rest is `null`. */
export function viewOfStep(timeline, root, node, index) {
  const step = timeline.stepOf(node, index);
  if (step === null) return null;
  const report = timeline.findBack(node, index, (one) => one.report);
  const isReported = step.report !== undefined;
  const ids = activeIds(root, step.to);
  const shown = {
    node,
    atMs: step.wallMs,
    ids,
    since: sinceIn(timeline, node, index, ids, root),
    path: report === null ? (step.facts?.path ?? undefined) : report.path,
    decision:
      timeline.findBack(node, index, (one) => one.decision) ??
      report?.decision ??
      timeline.findBack(node, index, latestReason),
    waiting: isReported ? step.report.waitingFor : undefined,
    next: isReported ? step.report.next : null,
    warnings: isReported ? step.report.warnings : [],
    timers: null,
    actors: null,
    members: report?.members ?? null,
    peers: report?.peers ?? null,
    leader: report?.leader ?? null,
    quorum: null,
    asOf: report === null ? null : Date.parse(report.askedAt),
  };
  return step.facts === undefined ? shown : { ...shown, ...viewOfFacts(step) };
}

/** A log says what the node learnt: its views follow from it. */
function viewOfFacts({ facts, timers, actors, wallMs, atMs }) {
  const offset = wallMs - atMs;
  return {
    timers: timers.map((timer) => ({ ...timer, dueMs: offset + timer.atMs + timer.delayMs })),
    actors: actors.map((actor) => ({
      ...actor,
      sinceMs: actor.atMs === undefined ? null : offset + actor.atMs,
    })),
    members: membersIn(facts.observation),
    peers: facts.peers,
    asOf: null,
  };
}

function membersIn(observation) {
  if (observation === null) return null;
  const { members = [], statuses = {} } = observation;
  const newest = Math.max(0, ...Object.values(statuses).map(({ raftIndex }) => raftIndex));
  return members.map(({ id, name, peerUrls = [], learner }) => {
    const status = statuses[id];
    return {
      id,
      name,
      peerUrl: peerUrls[0] ?? '',
      learner,
      leader: status !== undefined && status.leaderId === id,
      health: status === undefined ? 'unhealthy' : status.leaderId ? 'healthy' : 'unhealthy',
      lagEntries: status === undefined ? null : Math.max(0, newest - status.raftAppliedIndex),
      revision: status?.revision ?? null,
      dbSizeBytes: status?.dbSizeBytes ?? null,
    };
  });
}

/** A log holds no decisions, but the reasons of the effects that followed from them. */
function latestReason({ effects }) {
  const reason = effects.findLast((effect) => effect.reason)?.reason;
  return reason ? { kind: null, rule: reason.rule, reason: reason.sentence, facts: {} } : null;
}

/** Since when each active state has been so without a break, as far back as the steps are known. */
function sinceIn(timeline, node, index, ids, root) {
  const since = {};
  const open = new Set(ids);
  for (let at = index; at >= 0 && open.size > 0; at -= 1) {
    const step = timeline.steps[at];
    if (step.node !== node || step.from === step.to) continue;
    const before = new Set(activeIds(root, step.from));
    for (const id of open) {
      if (before.has(id)) continue;
      since[id] = step.wallMs;
      open.delete(id);
    }
  }
  return since;
}
