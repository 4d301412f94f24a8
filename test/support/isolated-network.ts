import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Place } from './cluster.ts';
import { LoopbackBlock } from './loopback.ts';
import { signal } from './processes.ts';

/**
 * Network namespaces, one a node, on a bridge in a namespace of its own: the machine's own network
 * is not touched, and any node can be cut off. Tests reach a node's etcd through a unix socket,
 * which no cut concerns. Needs root, and `ip` of iproute2.
 */
export class IsolatedNetwork {
  readonly places: Place[] = [];
  readonly #id = `e2d-${randomBytes(3).toString('hex')}`;
  readonly #relays: ChildProcess[] = [];
  readonly #servers: Server[] = [];
  readonly #namespaces: string[] = [];
  readonly #destroyNow = (): void => this.#removeAll();

  private constructor() {
    process.on('exit', this.#destroyNow);
  }

  /** `folder` is where the sockets go. */
  static async create(size: number, folder: string): Promise<IsolatedNetwork> {
    if (process.getuid?.() !== 0) {
      throw new Error('partitions are made with network namespaces, which needs root');
    }
    const network = new IsolatedNetwork();
    network.#addHub();
    const block = new LoopbackBlock();
    for (let number = 1; number <= size; number += 1) {
      await network.#addNode(number, `${block.next()}:2379`, join(folder, `relay${number}`));
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
    this.#addNamespace(this.#hub);
    ip('-n', this.#hub, 'link', 'add', 'hub', 'type', 'bridge');
    ip('-n', this.#hub, 'link', 'set', 'hub', 'up');
  }

  async #addNode(number: number, reachableAt: string, socket: string): Promise<void> {
    const namespace = `${this.#id}-${number}`;
    const host = `10.77.0.${number}`;
    const link = linkOf(host);
    this.#addNamespace(namespace);
    const far = ['peer', 'name', 'eth0', 'netns', namespace];
    ip('-n', this.#hub, 'link', 'add', link, 'type', 'veth', ...far);
    ip('-n', this.#hub, 'link', 'set', link, 'master', 'hub', 'up');
    ip('-n', namespace, 'addr', 'add', `${host}/24`, 'dev', 'eth0');
    ip('-n', namespace, 'link', 'set', 'eth0', 'up');
    const commandPrefix = ['ip', 'netns', 'exec', namespace];
    this.#relays.push(startRelay(commandPrefix, socket, host));
    this.#servers.push(await listenFor(reachableAt, socket));
    this.places.push({ host, commandPrefix, reachableAt });
  }

  #addNamespace(name: string): void {
    ip('netns', 'add', name);
    this.#namespaces.push(name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }

  #removeAll(): void {
    for (const relay of this.#relays) if (relay.pid !== undefined) signal(relay.pid, 'SIGKILL');
    for (const namespace of this.#namespaces.splice(0)) ip('netns', 'delete', namespace);
  }
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

async function listenFor(endpoint: string, socket: string): Promise<Server> {
  const [host, port] = endpoint.split(':');
  const server = createServer((near) => {
    const far = connect(socket);
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  await new Promise<void>((listening, failed) => {
    server.on('error', failed);
    server.listen(Number(port), host, listening);
  });
  return server;
}

/** The hub's end of the cable of a node, by the last number of the node's address. */
function linkOf(host: string): string {
  return `port${host.slice(host.lastIndexOf('.') + 1)}`;
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
