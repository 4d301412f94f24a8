import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEtcdEndpoint } from '../../../src/etcd/client/create-endpoint.ts';
import type { EtcdEndpoint } from '../../../src/etcd/client/endpoint.ts';
import { openUserAdmin, type UserAdmin } from '../../../src/etcd/users/user-admin.ts';
import { CertificateAuthority, type KeyPair } from '../../support/certificates.ts';
import {
  type EtcdCluster,
  emptyEtcdCluster,
  initialClusterOf,
} from '../../support/etcd-launcher.ts';
import { waitUntil } from '../../support/wait-until.ts';

export interface GuardedOptions {
  readonly size?: number;
  /** False: clients need no certificate. */
  readonly clientCertAuth?: boolean;
  readonly gateway?: boolean;
}

/** Plain etcd, without e2d, that knows its clients by their certificates. */
export class GuardedEtcd {
  readonly cluster: EtcdCluster;
  readonly folder: string;
  readonly #authority = new CertificateAuthority();
  readonly #issued = new Map<string, KeyPair>();
  readonly #opened: { close(): void }[] = [];

  private constructor(cluster: EtcdCluster, folder: string) {
    this.cluster = cluster;
    this.folder = folder;
  }

  static async start(options: GuardedOptions = {}): Promise<GuardedEtcd> {
    const { size = 1, clientCertAuth = true, gateway = false } = options;
    const folder = await mkdtemp(join(tmpdir(), 'e2d-guarded-'));
    const cluster = await emptyEtcdCluster();
    const etcd = new GuardedEtcd(cluster, folder);
    for (let index = 0; index < size; index += 1) await cluster.addBlank('https');
    const names = cluster.clientUrls.map((url) => new URL(url).hostname);
    const server = etcd.#authority.issue('server', names);
    const files = { ca: etcd.#authority.certificate, crt: server.certificate, key: server.key };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const flags = [
      ...['--cert-file', join(folder, 'crt'), '--key-file', join(folder, 'key')],
      ...(clientCertAuth ? ['--client-cert-auth', '--trusted-ca-file', join(folder, 'ca')] : []),
      `--enable-grpc-gateway=${gateway}`,
    ];
    const initialCluster = initialClusterOf(cluster.members);
    for (const member of cluster.members) member.start('new', initialCluster, flags);
    await waitUntil(
      async () => {
        for (const url of cluster.clientUrls) await etcd.as('root', url).linearizableRead();
        return true;
      },
      { what: 'etcd serves', withinMs: 30_000 },
    );
    return etcd;
  }

  get url(): string {
    return this.cluster.member(0).clientUrl;
  }

  /** What somebody with this CN shows; null: no certificate at all. */
  tls(user: string | null) {
    const ca = Buffer.from(this.#authority.certificate);
    if (user === null) return { ca };
    const known = this.#issued.get(user);
    const pair = known ?? this.#authority.issue(user, [], { usages: ['client'] });
    this.#issued.set(user, pair);
    const { certificate, key } = pair;
    return { ca, certificate: Buffer.from(certificate), key: Buffer.from(key) };
  }

  as(user: string | null, url = this.url): EtcdEndpoint {
    return this.#owned(createEtcdEndpoint(url, { tls: this.tls(user) }));
  }

  admin(user: string): UserAdmin {
    return this.#owned(openUserAdmin(this.url, { tls: this.tls(user) }));
  }

  async stop(): Promise<void> {
    for (const one of this.#opened) one.close();
    await this.cluster.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  #owned<T extends { close(): void }>(opened: T): T {
    this.#opened.push(opened);
    return opened;
  }
}
