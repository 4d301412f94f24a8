import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createEtcdEndpoint } from '../../../src/etcd/client/create-endpoint.ts';
import type { EtcdEndpoint } from '../../../src/etcd/client/endpoint.ts';
import { askE2d, callE2d } from '../../support/call-e2d.ts';
import { TestCluster } from '../../support/cluster.ts';
import type { ClusterTls } from '../../support/cluster-tls.ts';
import { fileShelf } from '../../support/shelf.ts';
import type { TestNode } from '../../support/test-node.ts';
import { waitUntil } from '../../support/wait-until.ts';

const main = resolve(import.meta.dirname, '../../../dist/src/cli/main.js');
/** Long enough that nobody is removed who is only restarted. */
const flags = ['--health-check-timeout', '30s', '--max-removals-per-hour', '100'];

/** Three nodes with certificates and a snapshot store, asked by users of etcd. */
export class GuardedCluster {
  readonly #shelf = fileShelf();
  readonly shelf = this.#shelf.shelf;
  readonly storeFlags = ['--snapshot-backup-url', `file://${this.#shelf.folder}`];
  readonly cluster = new TestCluster({
    size: 3,
    tls: { withoutGateway: true },
    flags: [...flags, ...this.shelf.flags],
  });
  readonly #shown = new Map<string, { readonly certificate: Buffer; readonly key: Buffer }>();
  readonly #opened: EtcdEndpoint[] = [];

  async destroy(): Promise<void> {
    for (const one of this.#opened) one.close();
    await this.cluster.destroy();
    this.#shelf.remove();
  }

  get tls(): ClusterTls {
    if (this.cluster.tls === null) throw new Error('the cluster has no certificates');
    return this.cluster.tls;
  }

  /** As whom `e2d etcd issue` makes its caller. */
  async as(user: string, node: TestNode): Promise<EtcdEndpoint> {
    const shown = this.#shown.get(user) ?? (await this.#issued(user));
    this.#shown.set(user, shown);
    const tls = { ca: readFileSync(this.tls.caFile), ...shown };
    const endpoint = createEtcdEndpoint(`https://${node.endpoint}`, { tls });
    this.#opened.push(endpoint);
    return endpoint;
  }

  /** What leads a command to the etcd of a node. */
  ownFlags({ host }: TestNode): readonly string[] {
    return ['--host', host, '-n', '3', ...this.tls.flagsFor(host)];
  }

  /** Resolves to the ids of the members when all three are voters, and their e2d knows it. */
  async isWhole(): Promise<readonly string[]> {
    const { nodes } = this.cluster;
    const ids = await waitUntil(
      async () => {
        const lists = nodes.map(async (node) => (await this.as('root', node)).memberList());
        const [list, ...others] = (await Promise.all(lists)).map(({ members }) => members);
        const isWell = (members: typeof list) =>
          members?.length === 3 && members.every(({ learner, name }) => !learner && name !== '');
        return [list, ...others].every(isWell) ? list?.map(({ id }) => id).sort() : null;
      },
      { what: 'all three are voters', withinMs: 45_000, explain: () => this.cluster.explain() },
    );
    await Promise.all(nodes.map((node) => node.isSettled()));
    return ids;
  }

  /** Resolves when the e2d of every member has told the cluster its user. */
  async isRegistered(): Promise<void> {
    const [first] = this.cluster.nodes;
    if (first === undefined) throw new Error('the cluster has no node');
    await waitUntil(
      async () => {
        const { members } = await (await this.as('root', first)).memberList();
        const { e2d } = await askE2d('etcd', 'auth', 'status', ...this.ownFlags(first));
        const told = (e2d as { readonly memberId: string }[]).map(({ memberId }) => memberId);
        return members.every(({ id }) => told.includes(id));
      },
      { what: 'every e2d has told who it is', withinMs: 20_000 },
    );
  }

  /** `e2d etcd auth enable`, killed as it is about to take a step, counted from 1. */
  async enableKilledAt(step: number, node: TestNode): Promise<readonly string[]> {
    const code = `
      const write = process.stderr.write;
      let steps = 0;
      process.stderr.write = function (...given) {
        write.apply(this, given);
        if (++steps === ${step}) process.kill(process.pid, 'SIGKILL');
      };`;
    const preload = `data:text/javascript,${encodeURIComponent(code)}`;
    const words = ['etcd', 'auth', 'enable', ...this.ownFlags(node)];
    const child = spawn(
      process.execPath,
      ['--no-deprecation', '--import', preload, main, ...words],
      {
        stdio: ['ignore', 'inherit', 'pipe'],
      },
    );
    let told = '';
    child.stderr.on('data', (chunk) => {
      told += chunk;
    });
    const signal = await new Promise((done) => child.on('close', (_, by) => done(by)));
    if (signal !== 'SIGKILL') throw new Error(`it was not killed: ${told}`);
    return told.trimEnd().split('\n');
  }

  async #issued(user: string) {
    const authority = ['--ca-cert', this.tls.caFile, '--ca-key', this.tls.caKeyFile];
    const command = user === 'root' ? ['root-issue'] : ['issue', '-ttl=1h', user];
    const { out } = await callE2d('etcd', ...command, ...authority);
    const { certificate, private_key: key } = JSON.parse(out) as Record<string, string>;
    return { certificate: Buffer.from(certificate ?? ''), key: Buffer.from(key ?? '') };
  }
}
