import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { E2dError } from '../errors/e2d-error.ts';
import { removeNamespaces } from './network.ts';
import { killAllIn, startTimeOf } from './processes.ts';

const prefix = 'e2d-playground-';
const ownerPattern = /^e2d-playground-((\d+)-(\d+)-(\d+))-\w+$/;

/** The longest that a node adds to the folder for its control socket: `/n5/data/e2d/e2d.sock`. */
const socketTailBytes = 22;
const longestSocketPath = 107;

/**
 * The throw-away folder of a playground. Its name says which process owns it (pid namespace, pid,
 * start time), so that whatever a killed playground left can be told from what is in use.
 */
export class Sandbox {
  readonly folder: string;
  /** What the names of its network namespaces begin with. */
  readonly networkId: string;
  readonly #removeNow = (): void => this.remove();

  /** Throws `E2D_PLAYGROUND_FOLDER` where the folder's path is too long for sockets. */
  constructor() {
    const owner = `${pidNamespace()}-${process.pid}-${startTimeOf(process.pid) ?? '0'}`;
    const start = join(tmpdir(), `${prefix}${owner}-`);
    if (Buffer.byteLength(start) + 6 + socketTailBytes > longestSocketPath) {
      throw new E2dError(`The folder for temporary files, ${tmpdir()}, has too long a path.`, {
        code: 'E2D_PLAYGROUND_FOLDER',
        remedy: 'Set TMPDIR to a shorter one: control sockets must fit into 107 bytes.',
      });
    }
    this.folder = mkdtempSync(start);
    this.networkId = networkIdOf(owner);
    process.on('exit', this.#removeNow);
  }

  /** Kills what runs in it; removes its namespaces and itself. The process's end does so too. */
  remove(): void {
    process.off('exit', this.#removeNow);
    clear(this.folder, this.networkId);
  }
}

/** Clears away what playgrounds that were killed left behind; gives the folders. */
export function clearLeftovers(): string[] {
  const here = pidNamespace();
  return readdirSync(tmpdir()).flatMap((name) => {
    const [, owner = '', namespace, pid, startTime] = ownerPattern.exec(name) ?? [];
    const folder = join(tmpdir(), name);
    // A process of another pid namespace, or of another user, cannot be told to have ended.
    if (namespace !== here || !isOurs(folder)) return [];
    if (startTimeOf(Number(pid)) === startTime) return [];
    clear(folder, networkIdOf(owner));
    return [folder];
  });
}

function clear(folder: string, networkId: string): void {
  killAllIn(folder);
  removeNamespaces(networkId);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function networkIdOf(owner: string): string {
  return `${prefix}${owner}`;
}

/** The number of this process's pid namespace: `pid:[4026531836]`. */
function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
}

function isOurs(folder: string): boolean {
  try {
    return statSync(folder).uid === process.getuid?.();
  } catch {
    return false;
  }
}
