import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** What a module loads before it runs: its static imports, and theirs. */
function loadedBy(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  const source = readFileSync(path, 'utf8');
  for (const [, kind, from = ''] of source.matchAll(/^import (type )?[^;]*?'([^']+)';/gms)) {
    if (kind !== undefined) continue;
    if (from.startsWith('.')) loadedBy(fileURLToPath(new URL(from, `file://${path}`)), found);
    else found.add(from);
  }
  return found;
}

const cli = fileURLToPath(new URL('../../../src/cli/', import.meta.url));

test.each(['main.ts', 'commands/version.ts', 'commands/status.ts', 'help.ts'])(
  '%s starts fast: it loads no package but cac, which is small',
  (file) => {
    const loaded = [...loadedBy(cli + file)];
    const packages = loaded.filter((name) => !name.startsWith('/') && !name.startsWith('node:'));
    expect(packages.filter((name) => name !== 'cac')).toEqual([]);
  },
);

test('what the other commands need is seen by this test', () => {
  expect([...loadedBy(`${cli}../config/config-file.ts`)]).toEqual(
    expect.arrayContaining(['yaml', 'zod']),
  );
});
