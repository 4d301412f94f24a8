/** How long a suspicion lasts, as settings give it. */
export interface SuspicionRules {
  readonly suspicionMult: number;
  readonly suspicionMaxTimeoutMult: number;
  readonly probeIntervalMs: number;
}

/** What one suspicion starts with; fixed for its whole life. */
export interface SuspicionTerms {
  readonly minMs: number;
  readonly maxMs: number;
  /** Independent confirmations after which the shortest time-out holds. 0: it holds at once. */
  readonly confirmationsWanted: number;
}

/**
 * The terms of a suspicion in a pool of `nodes` known nodes. Confirmations are only waited for
 * when the pool is large enough to have that many other observers.
 */
export function suspicionTerms(rules: SuspicionRules, nodes: number): SuspicionTerms {
  const scale = Math.max(1, Math.log10(Math.max(1, nodes)));
  const minMs = (rules.suspicionMult * rules.probeIntervalMs * Math.floor(scale * 1000)) / 1000;
  const wanted = Math.max(0, rules.suspicionMult - 2);
  return {
    minMs,
    maxMs: rules.suspicionMaxTimeoutMult * minMs,
    confirmationsWanted: nodes - 2 < wanted ? 0 : wanted,
  };
}

/** The whole life of a suspicion with that many confirmations, counted from its start. */
export function suspicionTimeoutMs(terms: SuspicionTerms, confirmations: number): number {
  if (terms.confirmationsWanted === 0) return terms.minMs;
  const share = Math.log(confirmations + 1) / Math.log(terms.confirmationsWanted + 1);
  const timeoutMs = Math.floor(terms.maxMs - (terms.maxMs - terms.minMs) * share);
  return Math.max(terms.minMs, timeoutMs);
}
