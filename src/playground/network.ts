import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { E2dError } from '../errors/e2d-error.ts';
import { signal } from './processes.ts';

/** Where a node lives in a network of namespaces, and how it is reached from outside of it. */
export interface IsolatedPlace {
  readonly host: string;
  /** Put before a command that is to run there. */
  readonly commandPrefix: readonly string[];
  /** `host:port` on this machine that leads to port 2379 of the node, cut off or not. */
  readonly reachableAt: string;
}

export interface NetworkOptions {
  readonly size: number;
  /** Where the sockets go. */
  readonly folder: string;
  /** What the names of the namespaces begin with; random unless given. */
  readonly id?: string;
}

const namespaceFolder = '/run/netns';

/** Why nodes cannot be cut off on this machine, and what would make it possible; null: they can. */
export function obstacleToCuts(): string | null {
  if (process.getuid?.() !== 0) {
    return (
      'Cutting a node off takes network namespaces: start the playground as root, ' +
      'or in a user namespace (unshare -rnm) as its page in the documents shows.'
    );
  }
  if (spawnSync('ip', ['-V'], { stdio: 'ignore' }).status !== 0) {
    return 'Cutting a node off takes the program ip: install iproute2.';
  }
  const name = `e2d-${randomBytes(3).toString('hex')}-probe`;
  const made = spawnSync('ip', ['netns', 'add', name], { stdio: 'ignore' }).status === 0;
  spawnSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
  return made
    ? null
    : 'Cutting a node off takes network namespaces, which this machine refuses to make: ' +
        'run the playground outside of the container, or in a privileged one.';
}

/** Removes namespaces that a process left behind; the processes in them must have ended. */
export function removeNamespaces(id: string): void {
  for (const name of namespacesOf(id)) {
    spawnSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
  }
}

function namespacesOf(id: string): string[] {
  try {
    return readdirSync(namespaceFolder).filter((name) => name.startsWith(`${id}-`));
  } catch {
    return [];
  }
}

/**
 * Network namespaces, one a node, on a bridge in a namespace of its own: the machine's own network
 * is not touched, and any node can be cut off. A node's etcd is reached through a unix socket,
 * which no cut concerns. Needs root, and `ip` of iproute2.
 */
export class IsolatedNetwork {
  readonly places: IsolatedPlace[] = [];
  readonly #id: string;
  readonly #relays: ChildProcess[] = [];
  readonly #servers: Server[] = [];
  readonly #destroyNow = (): void => this.#removeAll();

  private constructor(id: string) {
    this.#id = id;
    process.on('exit', this.#destroyNow);
  }

  /** Throws `E2D_NOT_AVAILABLE` where there can be no such network. */
  static async create(options: NetworkOptions): Promise<IsolatedNetwork> {
    const obstacle = obstacleToCuts();
    if (obstacle !== null) throw new E2dError(obstacle, { code: 'E2D_NOT_AVAILABLE' });
    const { size, folder, id = `e2d-${randomBytes(3).toString('hex')}` } = options;
    const network = new IsolatedNetwork(id);
    try {
      network.#addHub();
      for (let number = 1; number <= size; number += 1) {
        await network.#addNode(number, join(folder, `relay${number}`));
      }
    } catch (error) {
      network.destroy();
      throw error;
    }
    return network;
  }

  /** Unplugs nodes: what they send is lost without a word, as is what is sent to them. */
  cut(...hosts: string[]): void {
    for (const host of hosts) ip('-n', this.#hub, 'link', 'set', linkOf(host), 'nomaster');
  }

  heal(...hosts: string[]): void {
    for (const host of hosts) ip('-n', this.#hub, 'link', 'set', linkOf(host), 'master', 'hub');
  }

  /** Ends the relays and removes the namespaces; the nodes' processes must have ended. */
  destroy(): void {
    this.#removeAll();
    for (const server of this.#servers) server.close();
    process.off('exit', this.#destroyNow);
  }

  get #hub(): string {
    return `${this.#id}-hub`;
  }

  #addHub(): void {
    addNamespace(this.#hub);
    ip('-n', this.#hub, 'link', 'add', 'hub', 'type', 'bridge');
    ip('-n', this.#hub, 'link', 'set', 'hub', 'up');
  }

  async #addNode(number: number, socket: string): Promise<void> {
    const namespace = `${this.#id}-${number}`;
    const host = `10.77.0.${number}`;
    const link = linkOf(host);
    addNamespace(namespace);
    const far = ['peer', 'name', 'eth0', 'netns', namespace];
    ip('-n', this.#hub, 'link', 'add', link, 'type', 'veth', ...far);
    ip('-n', this.#hub, 'link', 'set', link, 'master', 'hub', 'up');
    ip('-n', namespace, 'addr', 'add', `${host}/24`, 'dev', 'eth0');
    ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    const commandPrefix = ['ip', 'netns', 'exec', namespace];
    this.#relays.push(startRelay(commandPrefix, socket, host));
    const server = await listenFor(socket);
    this.#servers.push(server);
    this.places.push({ host, commandPrefix, reachableAt: addressOf(server) });
  }

  #removeAll(): void {
    for (const { pid } of this.#relays.splice(0)) if (pid !== undefined) signal(pid, 'SIGKILL');
    removeNamespaces(this.#id);
  }
}

function addNamespace(name: string): void {
  ip('netns', 'add', name);
  ip('-n', name, 'link', 'set', 'lo', 'up');
}

/** Runs inside a namespace: from a unix socket to etcd's client port. */
function startRelay(prefix: readonly string[], socket: string, host: string): ChildProcess {
  const script = `
    const net = require('node:net');
    net.createServer((near) => {
      const far = net.connect(2379, process.argv[2]);
      near.pipe(far).pipe(near);
      near.on('error', () => far.destroy());
      far.on('error', () => near.destroy());
    }).listen(process.argv[1]);`;
  const argv = [...prefix, process.execPath, '-e', script, socket, host];
  return spawn(argv[0] ?? '', argv.slice(1), { stdio: 'ignore' });
}

async function listenFor(socket: string): Promise<Server> {
  const server = createServer((near) => {
    const far = connect(socket);
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  await new Promise<void>((listening, failed) => {
    server.on('error', failed);
    server.listen(0, '127.0.0.1', listening);
  });
  // Nodes come and go, and nobody but this process waits for this server.
  server.unref();
  return server;
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  return `${address.address}:${address.port}`;
}

/** The hub's end of the cable of a node, by the last number of the node's address. */
function linkOf(host: string): string {
  return `port${host.slice(host.lastIndexOf('.') + 1)}`;
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
