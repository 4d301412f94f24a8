import type { RuleId } from '../rules.ts';

/** The five ways a node's life can begin or begin again. */
export type LifecyclePath =
  | 'restart-existing'
  | 'join'
  | 'bootstrap-new'
  | 'remove-dead-then-rejoin'
  | 'restore-from-snapshot';

/** The facts a decision rests on, small enough to print. */
export type CitedFacts = Readonly<Record<string, string | number | boolean | null>>;

interface Reasoned {
  readonly rule: RuleId;
  /** One sentence for a person, with the facts that matter. */
  readonly reason: string;
  readonly facts: CitedFacts;
}

/** What a node must do, from what it knows. */
export type Decision = Reasoned &
  (
    | {
        readonly kind: 'act';
        readonly path: LifecyclePath;
        /** Present when the data dir's content must be moved aside first (S3): why. */
        readonly moveAside?: 'removed' | 'unreadable' | 'superseded';
      }
    /** Not yet: more facts, or other nodes, are needed. */
    | { readonly kind: 'wait' }
    /** A rule forbids going on alone; `command` is what an operator can do about it. */
    | { readonly kind: 'ask'; readonly command: string }
    /** The configuration contradicts the cluster: waiting would not help. */
    | { readonly kind: 'refuse' }
  );
