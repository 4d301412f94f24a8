import type { Kind } from './kinds.ts';

/**
 * One thing that can be configured. Its key in the table is its flag (`--data-dir`), its key in the
 * file (`data-dir`) and, upper-cased behind `E2D_`, its environment variable (`E2D_DATA_DIR`).
 */
export interface Option<T = unknown> {
  readonly kind: Kind<T>;
  readonly group: Group;
  /** What it does, as a phrase for help and documents. */
  readonly help: string;
  /** As a person would write it. */
  readonly default?: string;
  /** For a default that depends on something: how help describes it. */
  readonly defaultNote?: string;
  readonly short?: string;
  /** Spellings of earlier versions: still understood, with a warning. */
  readonly formerly?: readonly string[];
  /** Never shown: not in logs, not in errors. */
  readonly secret?: true;
  /** It makes no sense inside a configuration file. */
  readonly notInFile?: true;
  /** Accepted, so that a configuration for a later version loads, but nothing uses it yet. */
  readonly unused?: true;
}

type Group = 'Node' | 'Cluster' | 'TLS' | 'etcd' | 'Discovery' | 'Snapshots' | 'Output';

/** Writes down an option, so that its value's type is known. */
export function option<T, const O extends Omit<Option<T>, 'kind'>>(
  kind: Kind<T>,
  rest: O,
): O & { readonly kind: Kind<T> } {
  return { ...rest, kind };
}
