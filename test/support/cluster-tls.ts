import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CertificateAuthority,
  type KeyPair,
  type LeafOptions,
  type Lifetime,
} from './certificates.ts';
import type { ClientFiles } from './client-access.ts';

export interface ClusterTlsOptions {
  /** Members are then checked against an authority of their own: `--peer-ca-cert`. */
  readonly separatePeers?: boolean;
  /** How long certificates of servers and members last from now on; months unless given. */
  readonly lifeMs?: number;
  /** Leaves etcd's JSON gateway off, as e2d has it; then `TestNode.gateway` is of no use. */
  readonly withoutGateway?: boolean;
  /** Nodes have files of authorities and client certificates of their own, which e2d may change. */
  readonly ownFiles?: boolean;
  /** A further authority that the clients of the test trust (PEM). */
  readonly alsoTrusted?: string;
}

interface PairFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * The certificates of a test's cluster: servers may only serve, clients only ask, members both, as
 * those of `e2d pki gencerts`. Connections from a loopback address come from 127.0.0.1.
 */
export class ClusterTls {
  readonly authority = new CertificateAuthority('e2d-ca', life);
  readonly peerAuthority: CertificateAuthority;
  readonly caFile: string;
  readonly caKeyFile: string;
  readonly peerCaFile: string;
  /** What etcd must have in its environment to answer a test in JSON; empty where it shall not. */
  readonly gatewayVariables: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #client: PairFiles;
  readonly #lifeMs: number | undefined;
  readonly #ownFiles: boolean;
  readonly #flags = new Map<string, readonly string[]>();

  constructor(folder: string, options: ClusterTlsOptions = {}) {
    const { separatePeers = false, withoutGateway = false, ownFiles = false, lifeMs } = options;
    this.#ownFiles = ownFiles;
    this.#lifeMs = lifeMs;
    this.#folder = join(folder, 'tls');
    mkdirSync(this.#folder);
    this.peerAuthority = separatePeers ? new CertificateAuthority('peer-ca', life) : this.authority;
    this.caFile = this.file('ca.crt', `${this.authority.certificate}${options.alsoTrusted ?? ''}`);
    this.caKeyFile = this.file('ca.key', this.authority.key);
    this.peerCaFile = this.file('peer-ca.crt', this.peerAuthority.certificate);
    this.#client = this.pairFiles('client', this.authority.issue('etcd client', [], asClient));
    const variables = {
      ETCD_ENABLE_GRPC_GATEWAY: 'true',
      ETCD_CLIENT_CERT_FILE: this.#client.certificate,
      ETCD_CLIENT_KEY_FILE: this.#client.key,
    };
    this.gatewayVariables = withoutGateway ? {} : variables;
  }

  /** What a client of the cluster needs. */
  get client(): ClientFiles {
    return { ca: this.caFile, ...this.#client };
  }

  /** Names what a node at this address needs, which is issued at the first time. */
  flagsFor(host: string): readonly string[] {
    const flags = this.#flags.get(host) ?? this.#issueFor(host);
    this.#flags.set(host, flags);
    return flags;
  }

  #issueFor(host: string): readonly string[] {
    const names = [host, '127.0.0.1'];
    const short = this.#lifeMs === undefined ? {} : lifeFromNow(this.#lifeMs);
    const server = this.authority.issue('etcd server', names, { ...asServer, ...short });
    const peer = this.peerAuthority.issue('etcd peer', names, { ...life, ...short });
    const own = this.#ownFiles;
    const ca = own ? this.file(`${host}-ca.crt`, this.authority.certificate) : this.caFile;
    const client = own
      ? this.pairFiles(`${host}-client`, this.authority.issue('etcd client', [], asClient))
      : this.#client;
    return [
      ...['--ca-cert', ca, '--ca-key', this.caKeyFile],
      ...(this.peerAuthority === this.authority ? [] : ['--peer-ca-cert', this.peerCaFile]),
      ...this.pairFlags('server', this.pairFiles(`${host}-server`, server)),
      ...this.pairFlags('peer', this.pairFiles(`${host}-peer`, peer)),
      ...this.pairFlags('client', client),
    ];
  }

  pairFlags(role: 'server' | 'peer' | 'client', { certificate, key }: PairFiles): string[] {
    return [`--${role}-cert`, certificate, `--${role}-key`, key];
  }

  pairFiles(name: string, pair: KeyPair): PairFiles {
    return {
      certificate: this.file(`${name}.crt`, pair.certificate),
      key: this.file(`${name}.key`, pair.key),
    };
  }

  file(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }
}

function lifeFromNow(lifeMs: number): Lifetime {
  return { from: new Date(Date.now() - 1_000), to: new Date(Date.now() + lifeMs) };
}

/** Longer than e2d warns of. */
const life = { to: new Date(Date.now() + 90 * 86_400_000) };
const asServer: LeafOptions = { ...life, usages: ['server'] };
const asClient: LeafOptions = { ...life, usages: ['client'] };
