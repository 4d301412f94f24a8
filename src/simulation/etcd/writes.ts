import type { LogEntry } from './commands.ts';

/** Every write that these entries hold, and what was restored held, by `writeName`. */
export function writesIn(log: readonly LogEntry[]): ReadonlySet<string> {
  const writes = new Set<string>();
  for (const { command } of log) {
    if (command.kind === 'restored') {
      for (const write of command.keyspace.writes) writes.add(write);
    }
    if (command.kind !== 'transaction') continue;
    const { success, failure = [] } = command.transaction;
    for (const operation of [...success, ...failure]) {
      if (operation.kind === 'put') writes.add(writeName(operation.key, operation.value));
    }
  }
  return writes;
}

export function writeName(key: string, value: string): string {
  return `${key}\n${value}`;
}
