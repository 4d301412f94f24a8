/** How often one piece of news is sent in a pool of `nodes`, so that it reaches all of it. */
export function retransmitLimit(retransmitMult: number, nodes: number): number {
  return retransmitMult * Math.ceil(Math.log10(nodes + 1));
}

const NODES_BEFORE_SCALING = 32;

/** The push/pull interval for that many nodes: large pools exchange whole states less often. */
export function pushPullDelayMs(intervalMs: number, nodes: number): number {
  if (nodes <= NODES_BEFORE_SCALING) return intervalMs;
  return intervalMs * (Math.ceil(Math.log2(nodes / NODES_BEFORE_SCALING)) + 1);
}
