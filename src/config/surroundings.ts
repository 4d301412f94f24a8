import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';
import { homedir, networkInterfaces } from 'node:os';
import type { Environment } from './variables.ts';

/** What a configuration depends on besides what was written. */
export interface Surroundings {
  readonly env: Environment;
  readonly cwd: string;
  readonly homeDir: string;
  readonly logIsTerminal: boolean;
  /** The text of a file; throws where it cannot be read. */
  readonly readFile: (path: string) => string;
  readonly networkInterfaces: () => NodeJS.Dict<readonly NetworkInterfaceInfo[]>;
  /** The IP address of a host name; rejects where there is none. */
  readonly resolveHost: (name: string) => Promise<string>;
}

/** This process on this machine. */
export function thisMachine(): Surroundings {
  return {
    env: process.env,
    cwd: process.cwd(),
    homeDir: homedir(),
    logIsTerminal: process.stderr.isTTY === true,
    readFile: (path) => readFileSync(path, 'utf8'),
    networkInterfaces,
    resolveHost: async (name) => (await lookup(name)).address,
  };
}
