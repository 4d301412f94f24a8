/** One fault, fully drawn: leaving out others does not change it, so that a list can be reduced. */
export interface DrawnFault {
  readonly atMs: number;
  readonly forMs: number;
  /** Indexes of machines, in the order they were drawn; at least one. */
  readonly machines: readonly number[];
  /** What the kind makes of it: a rate, a count, a speed; in [0, 1). */
  readonly strength: number;
}
