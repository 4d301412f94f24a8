import type { StateValue } from 'xstate';

/** A state value as one line: `active.running`, parallel regions in parentheses. */
export function statePath(value: StateValue): string {
  if (typeof value === 'string') return value;
  const parts = Object.entries(value).map(([name, below]) => {
    const rest = below === undefined ? '' : statePath(below);
    return rest === '' ? name : `${name}.${rest}`;
  });
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' ')})`;
}
