import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const hook = resolve(import.meta.dirname, 'kill-switch-hook.mjs');

/**
 * Has an e2d die of SIGKILL at an exact moment: right after it has written a step of its chart into
 * its event log, and so before any effect of that step begins, or right after it renamed a file.
 */
export class KillSwitch {
  readonly #folder = mkdtempSync(join(tmpdir(), 'e2d-kill-switch-'));
  readonly #file = join(this.#folder, 'armed');
  /** What a node's command is put behind. */
  readonly commandPrefix: readonly string[] = [
    'env',
    `NODE_OPTIONS=--import=${hook}`,
    `KILL_SWITCH_FILE=${this.#file}`,
  ];

  /** The next line of the event log, or `renamed FROM to TO`, that matches is the last. */
  arm(pattern: RegExp): void {
    writeFileSync(this.#file, pattern.source);
  }

  disarm(): void {
    rmSync(this.#file, { force: true });
  }

  get isArmed(): boolean {
    return existsSync(this.#file);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
