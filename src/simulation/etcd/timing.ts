/** etcd's own times. Those of raft are what etcd has by default. */
export const heartbeatMs = 100;
export const electionTimeoutMs = 1_000;

/** How long a peer must have been connected before etcd's health gate counts on it. */
export const connectedForMs = 5_000;
/** How long etcd itself waits for what a client asked. */
export const requestTimeoutMs = 7_000;
export const readRetryMs = 500;
/** A member serves clients once it has told its URLs to the cluster, or after this. */
export const readyTimeoutMs = 5_000;
/** A member that applied its own removal goes on for this long. */
export const removedLingerMs = 1_000;
/** The shortest lease that etcd grants. */
export const minLeaseSeconds = 2;

/** Asking peers for the member list before a start: unanswered dials, and silent processes. */
export const dialTimeoutMs = 2_000;
export const silentPeerTimeoutMs = 10_000;
/** The same when a new cluster is formed. */
export const bootstrapAskTimeoutMs = 1_000;

/** The next beat after `nowMs`. All leaders beat at the same instants. */
export function nextBeatMs(nowMs: number): number {
  return (Math.floor(nowMs / heartbeatMs) + 1) * heartbeatMs;
}
