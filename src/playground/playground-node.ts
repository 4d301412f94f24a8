import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Listeners } from './loopback.ts';
import { isRunning, killAndWait, processesIn, signal } from './processes.ts';

export interface NodeOptions {
  readonly name: string;
  /** A folder of this node's own: its disk is `data` in it. */
  readonly folder: string;
  readonly listeners: Listeners;
  /** Put before the command, such as `ip netns exec NAME`. */
  readonly commandPrefix: readonly string[];
  /** `host:port` at which its etcd is reached from here. */
  readonly reachableAt: string;
  /** How this very program is called: node, its flags, the main script. */
  readonly program: readonly string[];
  /** The flags that all nodes share. */
  readonly flags: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Gets each line that e2d writes. */
  readonly onLine: (line: string) => void;
}

/** Which of a node's two processes run, and whether they are held. */
export interface Processes {
  readonly e2d: boolean;
  readonly etcd: boolean;
  readonly paused: boolean;
}

const lastLinesKept = 30;

/** One machine of the playground: an address, a disk, an e2d process and the etcd it started. */
export class PlaygroundNode {
  readonly name: string;
  readonly host: string;
  readonly dataDir: string;
  readonly url: string;
  /** What e2d wrote last, for the report of a story that failed. */
  readonly lastLines: string[] = [];
  /** Whether its network cable is pulled. */
  isCut = false;
  readonly #options: NodeOptions;
  #e2d: ChildProcess | null = null;
  #paused = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.host = options.listeners.host;
    this.dataDir = join(options.folder, 'data');
    this.url = `http://${options.reachableAt}`;
    mkdirSync(options.folder, { recursive: true });
  }

  get stateDir(): string {
    return join(this.dataDir, 'e2d');
  }

  processes(): Processes {
    return { e2d: this.#e2dPid !== null, etcd: this.#etcdPids().length > 0, paused: this.#paused };
  }

  /** Starts e2d unless it runs. */
  start(): void {
    if (this.#e2dPid !== null) return;
    const { commandPrefix, program, folder, environment } = this.#options;
    const argv = [...commandPrefix, ...program, 'run', ...this.#flags()];
    // A session of its own: Ctrl-C in the terminal is for the playground alone.
    const child = spawn(argv[0] ?? '', argv.slice(1), {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: folder,
      env: environment,
      detached: true,
    });
    child.on('error', (error) => this.#tell(error.message));
    createInterface({ input: child.stderr }).on('line', (line) => this.#tell(line));
    this.#e2d = child;
  }

  async killE2d(): Promise<void> {
    if (this.#e2dPid !== null) await killAndWait(this.#e2dPid);
    if (this.#etcdPids().length === 0) this.#paused = false;
  }

  async killEtcd(): Promise<void> {
    await Promise.all(this.#etcdPids().map((pid) => killAndWait(pid)));
    if (this.#e2dPid === null) this.#paused = false;
  }

  /** What the loss of power does: e2d first, so that it cannot start another etcd. */
  async powerOff(): Promise<void> {
    await this.killE2d();
    await this.killEtcd();
  }

  /** Stops both processes in their tracks, as a frozen virtual machine. */
  pause(): void {
    for (const pid of this.#pids()) signal(pid, 'SIGSTOP');
    this.#paused = true;
  }

  resume(): void {
    for (const pid of this.#pids()) signal(pid, 'SIGCONT');
    this.#paused = false;
  }

  /** Power off, and a new, empty disk: etcd's data and e2d's identity are both gone. */
  async loseDisk(): Promise<void> {
    await this.powerOff();
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }

  get #e2dPid(): number | null {
    const pid = this.#e2d?.pid;
    return pid !== undefined && isRunning(pid) ? pid : null;
  }

  #etcdPids(): number[] {
    return processesIn(this.#options.folder, 'etcd');
  }

  /** e2d first: it must not see its etcd held while it goes on itself. */
  #pids(): number[] {
    const etcd = this.#etcdPids();
    return this.#e2dPid === null ? etcd : [this.#e2dPid, ...etcd];
  }

  #tell(line: string): void {
    this.lastLines.push(line);
    this.lastLines.splice(0, this.lastLines.length - lastLinesKept);
    this.#options.onLine(line);
  }

  #flags(): string[] {
    const { host, clientPort, peerPort, gossipPort } = this.#options.listeners;
    return [
      ...['--name', this.name, '--host', host, '--data-dir', this.dataDir],
      ...['--client-addr', `${host}:${clientPort}`, '--peer-addr', `${host}:${peerPort}`],
      ...['--gossip-addr', `${host}:${gossipPort}`, '--log-format', 'json'],
      ...this.#options.flags,
    ];
  }
}
