import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { StatusReport } from '../../machines/status-report.ts';
import { askNode } from '../../src/cli/control-client.ts';
import { controlSocketOf } from '../../src/config/paths.ts';
import { isRunning, killAndWait, processesIn, signal } from '../../src/playground/processes.ts';
import { type ClientFiles, reachOverTls } from './client-access.ts';
import { EtcdGateway } from './etcd-gateway.ts';
import { waitUntil } from './wait-until.ts';

const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js');

export interface TestNodeOptions {
  readonly host: string;
  /** Null leaves `--name` out. */
  readonly name: string | null;
  /** A folder of this node's own: its data dir, its logs. */
  readonly folder: string;
  /** `--required-cluster-size` */
  readonly size: number;
  readonly bootstrapAddresses: readonly string[];
  readonly flags: readonly string[];
  /** Put before the command, such as `ip netns exec NAME`. */
  readonly commandPrefix?: readonly string[];
  /** Where the test reaches etcd's client port, if not at the node's own address. */
  readonly reachableAt?: string;
  /** What clients of its etcd need; without it etcd speaks plain HTTP. */
  readonly tls?: ClientFiles;
  /** What e2d hands down to etcd of its environment. */
  readonly etcdVariables?: Readonly<Record<string, string>>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One machine: an address, a disk, an e2d process and the etcd that it started. */
export class TestNode {
  readonly host: string;
  readonly dataDir: string;
  readonly gateway: EtcdGateway;
  name: string | null;
  readonly #options: TestNodeOptions;
  #e2d: ChildProcess | null = null;
  #exit: Promise<Exit> | null = null;

  constructor(options: TestNodeOptions) {
    this.#options = options;
    this.host = options.host;
    this.name = options.name;
    this.dataDir = join(options.folder, 'data');
    if (options.tls !== undefined) reachOverTls(this.endpoint, options.tls);
    this.gateway = new EtcdGateway(this.endpoint);
  }

  get endpoint(): string {
    return this.#options.reachableAt ?? `${this.host}:2379`;
  }

  get peerUrl(): string {
    const scheme = this.#options.tls === undefined ? 'http' : 'https';
    return `${scheme}://${this.host}:2380`;
  }

  /** Where the node's event log is. */
  get eventsFolder(): string {
    return join(this.dataDir, 'e2d', 'events');
  }

  get e2dPid(): number | null {
    const pid = this.#e2d?.pid;
    return pid !== undefined && isRunning(pid) ? pid : null;
  }

  /** The etcd processes of this data dir: never more than one, or something is badly wrong. */
  get etcdPids(): number[] {
    return processesIn(this.#options.folder, 'etcd');
  }

  /** The running etcd; throws unless there is exactly one. */
  get etcdPid(): number {
    const [pid, ...more] = this.etcdPids;
    if (pid === undefined || more.length > 0) {
      throw new Error(`${this.host} runs ${more.length + (pid ? 1 : 0)} etcd processes, not 1`);
    }
    return pid;
  }

  /** Starts e2d; what it writes is appended to the node's log. */
  start(...extraFlags: string[]): void {
    if (this.e2dPid !== null) throw new Error(`e2d of ${this.host} runs already`);
    const { folder, commandPrefix = [] } = this.#options;
    const log = openSync(join(folder, 'e2d.log'), 'a');
    const argv = [...commandPrefix, process.execPath, main, 'run', ...this.#flags(), ...extraFlags];
    const child = spawn(argv[0] ?? '', argv.slice(1), {
      stdio: ['ignore', log, log],
      cwd: folder,
      env: { ...childEnvironment(), ...this.#options.etcdVariables },
    });
    this.#e2d = child;
    this.#exit = new Promise((done) => {
      child.on('error', () => done({ code: null, signal: null }));
      child.on('exit', (code, signal) => done({ code, signal }));
    });
  }

  /** Resolves when e2d ends by itself or by a signal. */
  async hasExited(withinMs: number): Promise<Exit> {
    const settled = new AbortController();
    const tooLate = pause(withinMs, null, { signal: settled.signal }).catch(() => null);
    const exit = await Promise.race([this.#exit, tooLate]);
    settled.abort();
    if (exit === null) throw new Error(`e2d of ${this.host} did not end in ${withinMs} ms`);
    return exit;
  }

  /** The orderly stop: SIGTERM, and the exit. */
  async stop(withinMs = 30_000): Promise<Exit> {
    if (this.e2dPid !== null) signal(this.e2dPid, 'SIGTERM');
    return this.hasExited(withinMs);
  }

  async killE2d(): Promise<void> {
    if (this.e2dPid !== null) await killAndWait(this.e2dPid);
  }

  async killEtcd(): Promise<void> {
    await Promise.all(this.etcdPids.map((pid) => killAndWait(pid)));
  }

  /** What the loss of power does: e2d first, so that it cannot start another etcd. */
  async killBoth(): Promise<void> {
    await this.killE2d();
    await this.killEtcd();
  }

  /** Stops both processes in their tracks, as a frozen virtual machine. */
  freeze(): void {
    for (const pid of this.#pids()) signal(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.#pids()) signal(pid, 'SIGCONT');
  }

  /** A new, empty disk: etcd's data and e2d's state are both gone. */
  async loseDisk(): Promise<void> {
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Only etcd's own folder is gone; e2d's identity stays. */
  async loseMemberFolder(): Promise<void> {
    await rm(join(this.dataDir, 'member'), { recursive: true, force: true });
  }

  /** The names of the folders that e2d moved aside. */
  async movedAside(): Promise<string[]> {
    const entries = await readdir(this.dataDir).catch((): string[] => []);
    return entries.filter((entry) => entry.startsWith('member.'));
  }

  get log(): string {
    const file = join(this.#options.folder, 'e2d.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** Resolves when e2d's log, from character `from` on, matches. */
  async hasLogged(pattern: RegExp, withinMs: number, from = 0): Promise<void> {
    await waitUntil(() => pattern.test(this.log.slice(from)), {
      what: `e2d of ${this.host} logs ${pattern}`,
      withinMs,
      explain: () => this.explain(),
    });
  }

  /** Resolves when the node runs a voting member and has written down which one it is. */
  async isSettled(): Promise<void> {
    await this.isInState(/standing\.voting/, 30_000);
  }

  /** Resolves when the node's own report says that it is in a state that matches. */
  async isInState(pattern: RegExp, withinMs = 20_000): Promise<StatusReport> {
    return waitUntil(
      async () => {
        const report = await this.report();
        return pattern.test(report.node.state) ? report : null;
      },
      {
        what: `the state of ${this.host} matches ${pattern}`,
        withinMs,
        explain: () => this.explain(),
      },
    );
  }

  /** What `e2d status` is told of this node: without a process for each question. */
  async report(): Promise<StatusReport> {
    const socket = controlSocketOf(join(this.dataDir, 'e2d'));
    return (await askNode(socket, { method: 'status' }, { timeoutMs: 5_000 })) as StatusReport;
  }

  /** The node's last words, for the message of a failed test. */
  async explain(): Promise<string> {
    const report = await this.report().then(
      ({ node }) => JSON.stringify(node),
      (error: Error) => error.message.split('\n')[0],
    );
    const head = `--- ${this.name ?? 'unnamed'} ${this.host}: ${this.#e2dState()}, etcd ${this.etcdPids}`;
    const etcdLogs = existsSync(this.dataDir)
      ? readdirSync(this.dataDir, { recursive: true, encoding: 'utf8' })
          .filter((file) => file.endsWith('etcd.log'))
          .map((file) => lastLines(readFileSync(join(this.dataDir, file), 'utf8'), 4))
      : [];
    return [head, report, lastLines(this.log, 12), ...etcdLogs].join('\n');
  }

  /** Ends everything at once, whatever state it is in. Safe to call in an exit handler. */
  destroy(): void {
    for (const pid of this.#pids()) signal(pid, 'SIGKILL');
    this.gateway.close();
  }

  removeFolder(): void {
    rmSync(this.#options.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #e2dState(): string {
    const { pid, exitCode, signalCode } = this.#e2d ?? {};
    if (pid === undefined) return 'e2d was not started';
    return this.e2dPid === null ? `e2d ended with ${exitCode ?? signalCode}` : `e2d ${pid}`;
  }

  #pids(): number[] {
    const others = processesIn(this.#options.folder);
    return this.e2dPid === null ? others : [this.e2dPid, ...others];
  }

  #flags(): string[] {
    const { host, size, bootstrapAddresses, flags, etcdVariables = {} } = this.#options;
    const variables = Object.keys(etcdVariables);
    return [
      ...(this.name === null ? [] : ['--name', this.name]),
      ...['--host', host, '--data-dir', this.dataDir, '-n', String(size)],
      ...['--client-addr', `${host}:2379`, '--peer-addr', `${host}:2380`],
      ...['--gossip-addr', `${host}:7980`, '--log-format', 'json'],
      ...(bootstrapAddresses.length === 0
        ? []
        : ['--bootstrap-addrs', bootstrapAddresses.join(',')]),
      ...(variables.length === 0 ? [] : ['--etcd-pass-env', variables.join(',')]),
      ...flags,
    ];
  }
}

export interface Output {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one e2d command to its end; one that takes longer than 20 s is killed and has no code. */
export function runE2d(...args: string[]): Promise<Output> {
  const options = { env: childEnvironment(), timeout: 20_000 };
  return new Promise((done) => {
    const child = execFile(process.execPath, [main, ...args], options, (_error, stdout, stderr) => {
      done({ code: child.exitCode, stdout, stderr });
    });
  });
}

/** This process's environment without what would configure e2d or etcd, but for the binaries. */
function childEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      name === 'E2D_ETCD_BIN_DIR' || !/^(E2D|ETCD|ETCDCTL|VITEST|NODE_OPTIONS)/.test(name),
  );
  return Object.fromEntries(kept);
}

function lastLines(text: string, count: number): string {
  return text
    .trimEnd()
    .split('\n')
    .slice(-count)
    .map((line) => line.slice(0, 400))
    .join('\n');
}
