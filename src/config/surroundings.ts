import { lookup } from 'node:dns/promises';
import { closeSync, constants, openSync, readSync } from 'node:fs';
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

/** More than any configuration or PEM file has. */
const mostFileBytes = 1024 * 1024;

/** Reads no more than that, whatever is there: a device has no size, and no end. */
function readSmallFile(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { bytes, length } = startOf(file);
    if (length > mostFileBytes) throw new Error(`it has more than ${mostFileBytes} bytes`);
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(file);
  }
}

function startOf(file: number): { readonly bytes: Buffer; readonly length: number } {
  const bytes = Buffer.alloc(mostFileBytes + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < bytes.length; length += read) {
    read = readSync(file, bytes, length, bytes.length - length, null);
  }
  return { bytes, length };
}

/** This process on this machine. */
export function thisMachine(): Surroundings {
  return {
    env: process.env,
    cwd: process.cwd(),
    homeDir: homedir(),
    logIsTerminal: process.stderr.isTTY === true,
    readFile: readSmallFile,
    networkInterfaces,
    resolveHost: async (name) => (await lookup(name)).address,
  };
}
