import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { findSerf } from './serf-binary.ts';
import { waitUntil } from './wait-until.ts';

const run = promisify(execFile);

export interface SerfMember {
  readonly name: string;
  readonly addr: string;
  readonly status: 'alive' | 'failed' | 'left' | 'leaving';
  readonly tags: Readonly<Record<string, string>>;
}

export interface SerfAgentOptions {
  readonly name: string;
  /** A loopback address that is the agent's alone; it uses the standard ports. */
  readonly addr: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Base64 of 16, 24 or 32 bytes. */
  readonly key?: string;
  readonly join?: string;
}

export const SERF_PORT = 7946;

/** A real serf agent, with all it has logged. */
export class SerfAgent {
  readonly name: string;
  readonly #serf: string;
  readonly #rpcAddr: string;
  readonly #child: ChildProcess;
  readonly #log: string[] = [];

  private constructor(serf: string, options: SerfAgentOptions) {
    this.name = options.name;
    this.#serf = serf;
    this.#rpcAddr = `${options.addr}:7373`;
    this.#child = spawn(serf, ['agent', ...agentArguments(options, this.#rpcAddr)]);
    this.#child.stdout?.on('data', (chunk) => this.#log.push(String(chunk)));
    this.#child.stderr?.on('data', (chunk) => this.#log.push(String(chunk)));
  }

  static async start(options: SerfAgentOptions): Promise<SerfAgent> {
    const agent = new SerfAgent(await findSerf(), options);
    try {
      await agent.waitFor((members) => members.length > 0, 'it answers', 10_000);
    } catch (error) {
      await agent.kill();
      throw error;
    }
    return agent;
  }

  get log(): string {
    return this.#log.join('');
  }

  async members(): Promise<SerfMember[]> {
    const { stdout } = await run(this.#serf, [
      'members',
      '-format=json',
      `-rpc-addr=${this.#rpcAddr}`,
    ]);
    return (JSON.parse(stdout) as { members: SerfMember[] }).members;
  }

  /** Waits until what it sees is as expected. */
  async waitFor(
    isExpected: (members: readonly SerfMember[]) => boolean,
    what: string,
    withinMs = 20_000,
  ): Promise<void> {
    await waitUntil(async () => isExpected(await this.members()), {
      what: `${what}, at serf agent ${this.name}`,
      withinMs,
      everyMs: 50,
      explain: async () => {
        const seen = await this.members().catch((error) => String(error));
        return `${JSON.stringify(seen, null, 2)}\n${this.log.slice(-3000)}`;
      },
    });
  }

  async waitForStatus(name: string, status: SerfMember['status'], withinMs?: number) {
    await this.waitFor(
      (members) => members.some((member) => member.name === name && member.status === status),
      `${name} is ${status}`,
      withinMs,
    );
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Lets it say good-bye. */
  async leave(): Promise<void> {
    await run(this.#serf, ['leave', `-rpc-addr=${this.#rpcAddr}`]);
    await this.#ended();
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended();
  }

  async #ended(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) await once(this.#child, 'exit');
  }
}

function agentArguments(options: SerfAgentOptions, rpcAddr: string): string[] {
  const { name, addr, tags = {}, key, join } = options;
  const args = [`-node=${name}`, `-bind=${addr}:${SERF_PORT}`, `-rpc-addr=${rpcAddr}`];
  args.push('-log-level=debug');
  for (const [tag, value] of Object.entries(tags)) args.push('-tag', `${tag}=${value}`);
  if (key !== undefined) args.push(`-encrypt=${key}`);
  if (join !== undefined) args.push(`-retry-join=${join}`, '-retry-interval=1s');
  return args;
}
