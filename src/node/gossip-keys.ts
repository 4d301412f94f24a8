import type { NodeConfig } from '../config/node-config.ts';
import { textOf } from '../errors/e2d-error.ts';
import { Keyring } from '../gossip/wire/keyring.ts';
import type { Log } from '../log/create-log.ts';
import type { Clock } from './clock.ts';
import {
  type GossipKey,
  type GossipKeyFile,
  gossipKeyOfCa,
  readGossipKeyFile,
} from './gossip-key.ts';

/** Looking is as cheap as reading a small file, and sees a link that was moved as well. */
const lookEveryMs = 5_000;

export interface GossipKeysReport {
  /** Null: gossip is not encrypted. */
  readonly source: string | null;
  /** What names the keys, without telling them; the first is used to send. */
  readonly ids: readonly string[];
  /** Why the file as it is now is not followed; null when it is. */
  readonly problem: string | null;
}

export interface GossipKeysDeps {
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** The keys that gossip is encrypted with; those of a file follow it, without a gap. */
export class GossipKeys {
  /** The same object for life: what holds it follows the file. */
  readonly keyring: Keyring;
  readonly #path: string;
  readonly #deps: GossipKeysDeps;
  readonly #isFile: boolean;
  #ids: readonly string[];
  #warnings: readonly string[];
  #problem: string | null = null;
  #timer: unknown;
  #stopped = false;

  private constructor(path: string, found: GossipKeyFile, deps: GossipKeysDeps & IsFile) {
    this.#path = path;
    this.#deps = deps;
    this.#isFile = deps.isFile;
    this.keyring = new Keyring(bytesOf(found.keys));
    this.#ids = idsOf(found.keys);
    this.#warnings = found.warnings;
    deps.log.info({ from: path, ids: this.#ids }, 'gossip is encrypted');
    if (this.#isFile) this.#lookLater();
  }

  /**
   * Null where gossip is not encrypted, or there is none. A key file outranks the CA's key. Rejects
   * with `E2D_GOSSIP_KEY` or `E2D_TLS_FILE` for what cannot be used.
   */
  static async open(
    config: Pick<NodeConfig, 'gossipKeyFile' | 'caKeyFile' | 'requiredSize'>,
    deps: GossipKeysDeps,
  ): Promise<GossipKeys | null> {
    const { gossipKeyFile, caKeyFile, requiredSize } = config;
    if (gossipKeyFile !== null) {
      const found = await readGossipKeyFile(gossipKeyFile);
      return new GossipKeys(gossipKeyFile, found, { ...deps, isFile: true });
    }
    // A cluster of one does without gossip.
    if (caKeyFile === null || requiredSize === 1) return null;
    const keys = [await gossipKeyOfCa(caKeyFile)];
    return new GossipKeys(caKeyFile, { keys, warnings: [] }, { ...deps, isFile: false });
  }

  report(): GossipKeysReport {
    return { source: this.#path, ids: this.#ids, problem: this.#problem };
  }

  /** Sentences for the status. */
  warnings(): readonly string[] {
    if (this.#problem === null) return this.#warnings;
    return [...this.#warnings, `The gossip keys stay as they were: ${this.#problem}`];
  }

  stop(): void {
    this.#stopped = true;
    this.#deps.clock.clearTimeout(this.#timer);
  }

  #lookLater(): void {
    this.#timer = this.#deps.clock.setTimeout(() => void this.#look(), lookEveryMs);
  }

  /** Never rejects: a file that cannot be used leaves everything as it was. */
  async #look(): Promise<void> {
    try {
      const found = await readGossipKeyFile(this.#path);
      if (!this.#stopped) this.#follow(found);
    } catch (problem) {
      if (!this.#stopped) this.#keep(textOf(problem));
    }
    if (!this.#stopped) this.#lookLater();
  }

  #follow({ keys, warnings }: GossipKeyFile): void {
    const { log } = this.#deps;
    if (this.#problem !== null) log.info({ from: this.#path }, 'the gossip key file is good again');
    this.#problem = null;
    this.#warnings = warnings;
    const before = this.#ids;
    const now = idsOf(keys);
    if (now.join() === before.join()) return;
    this.keyring.replace(bytesOf(keys));
    this.#ids = now;
    log.info({ from: this.#path, ids: now, before }, 'the gossip keys have changed');
    if (!now.slice(0, 1).every((id) => before.includes(id))) {
      log.warn(
        { from: this.#path, id: now[0] },
        'gossip is sent with a key that was not accepted before: nodes without it are cut off',
      );
    }
  }

  #keep(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#deps.log.warn({ from: this.#path, problem }, 'the gossip keys stay as they were');
  }
}

interface IsFile {
  readonly isFile: boolean;
}

function bytesOf(keys: readonly GossipKey[]): readonly Uint8Array[] {
  return keys.map(({ bytes }) => bytes);
}

function idsOf(keys: readonly GossipKey[]): readonly string[] {
  return keys.map(({ id }) => id);
}
