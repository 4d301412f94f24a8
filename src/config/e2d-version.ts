import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The version in e2d's own package.json, which lies above the sources and above the build alike.
 */
export function e2dVersion(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) {
    folder = dirname(folder);
  }
  const found: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const known = typeof found === 'object' && found !== null && 'version' in found;
  return known && typeof found.version === 'string' ? found.version : 'unknown';
}
