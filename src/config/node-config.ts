/**
 * One machine's e2d, fully decided: nothing in it is optional, relative or still to be looked up.
 */
export interface NodeConfig {
  /** The member name that was asked for; null: reuse the identity's name, else invent one. */
  readonly name: string | null;
  /** etcd's own data dir, absolute; `member/` lies directly in it. */
  readonly dataDir: string;
  /** e2d's own files, absolute: identity, control socket, pid file and log of etcd. */
  readonly stateDir: string;
  /** The address that stands in for unspecified ones, without brackets: an IP or a host name. */
  readonly host: string;
  readonly urls: EtcdUrls;
  readonly gossip: GossipConfig;
  /** Null: only this machine's own users reach e2d, by its socket. */
  readonly remoteControl: RemoteControlConfig | null;
  /** The seeds of gossip, to be tried forever; empty only where `requiredSize` is 1. */
  readonly bootstrapAddresses: readonly Endpoint[];
  readonly requiredSize: ClusterSize;
  readonly healthCheckIntervalMs: number;
  /** How long a member must be missing without interruption before it may be removed (S11). */
  readonly healthCheckTimeoutMs: number;
  readonly bootstrapTimeoutMs: number;
  /** How long a learner may take to catch up before it is removed again (S13). */
  readonly learnerTimeoutMs: number;
  /** Automatic removals in any hour, across the cluster; 0 forbids them (S14). */
  readonly maxRemovalsPerHour: number;
  readonly etcd: EtcdConfig;
  /** Null: etcd speaks plain HTTP to its clients and its peers. */
  readonly tls: TlsFiles | null;
  /** The CA's private key (PEM), from which a gossip key is derived where no file gives one. */
  readonly caKeyFile: string | null;
  /** The keys of gossip, followed as it changes. Null, and no CA key: gossip is not encrypted. */
  readonly gossipKeyFile: string | null;
  /** Null: no snapshots are taken, and none is restored. */
  readonly snapshots: SnapshotConfig | null;
  /** What an orderly stop does with etcd. */
  readonly onExit: 'stop-etcd' | 'keep-etcd';
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly verbose: boolean;
  /** Sentences for the log: what is accepted but deserves a look. */
  readonly warnings: readonly string[];
}

type ClusterSize = 1 | 3 | 5 | 7;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
export type LogFormat = 'json' | 'pretty';

/** A host without brackets (IPv4, IPv6 or name) and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * URLs as etcd takes them, without a trailing slash, IPv6 in brackets. Listen URLs hold IPs only.
 */
export interface EtcdUrls {
  readonly clientListen: readonly string[];
  readonly clientAdvertise: string;
  readonly peerListen: readonly string[];
  readonly peerAdvertise: string;
}

/** Where gossip binds (`host` is an IP, possibly unspecified) and what it tells peers (an IP). */
export interface GossipConfig extends Endpoint {
  readonly advertise: Endpoint;
}

/** Where other machines reach e2d, and how it knows them: `host` is an IP, possibly unspecified. */
export interface RemoteControlConfig extends Endpoint, KeyPairFiles {
  /** What clients' certificates are checked against. */
  readonly caCertFile: string;
}

interface EtcdConfig {
  /** A directory with etcd, etcdctl and etcdutl that outranks every other place; null: search. */
  readonly binDir: string | null;
  /** The parent of `<version>/` directories, absolute. */
  readonly cacheDir: string;
  /**
   * A pinned version such as `3.6.6`, or `3.6` for its newest patch; null: the newest one known.
   */
  readonly version: string | null;
  /** The base address of the release archives; null: the official one. */
  readonly releasesUrl: string | null;
  /** Passed to etcd behind e2d's own arguments; none of them is one that e2d sets. */
  readonly extraArgs: readonly string[];
  /** Names of environment variables that etcd may inherit besides the harmless ones. */
  readonly passEnv: readonly string[];
}

/** Absolute paths of PEM files that were readable when the configuration was loaded. */
export interface TlsFiles {
  /** The authorities of servers and clients, one or more of them. */
  readonly caCertFile: string;
  /** The authorities of members: `--peer-ca-cert`, else the same. */
  readonly peerCaCertFile: string;
  /** Whether clients of etcd must show a certificate; members always must. */
  readonly clientCertAuth: boolean;
  readonly server: KeyPairFiles;
  readonly peer: KeyPairFiles;
  /** What e2d shows to etcd's client listeners: `--client-cert`, else the peer pair. */
  readonly client: KeyPairFiles;
  /** Null: TLS alone. */
  readonly migration: TlsMigrationStep | null;
}

/**
 * On the way from plain HTTP to TLS. `prepare`: etcd can talk TLS to members, and listens to them
 * in plain; `switch`: it listens to them over TLS. With both its clients may use either.
 */
export type TlsMigrationStep = 'prepare' | 'switch';

export interface KeyPairFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Where snapshots go, how often, in what form and for how long. */
export interface SnapshotConfig {
  /** As it was written; the store's own parser takes it apart. */
  readonly url: string;
  /** Of snapshots that are not encrypted; encrypted ones cannot be made smaller. */
  readonly compression: boolean;
  /** What new snapshots are encrypted with; null: they are not. */
  readonly encryptionKeyFile: SnapshotKeyFile | null;
  /**
   * Every key that a snapshot in the store may need, the likeliest first: also where new ones are
   * not encrypted, for there may be others from before.
   */
  readonly readKeyFiles: readonly SnapshotKeyFile[];
  readonly intervalMs: number;
  readonly retention: SnapshotRetention;
  /** How often a snapshot is restored into a scratch etcd to prove it; null: never by itself. */
  readonly verifyIntervalMs: number | null;
  /** Whether a cluster that lost all its data restores by itself or waits for an operator. */
  readonly restorePolicy: 'auto' | 'manual';
  readonly store: SnapshotStoreConfig;
}

/** The absolute path of a key: the CA's private key (PEM), or a file with a key of its own. */
export interface SnapshotKeyFile {
  readonly kind: 'ca-key' | 'key-file';
  readonly path: string;
}

/** The ages up to which all snapshots, one of each hour and one of each day are kept. */
export interface SnapshotRetention {
  readonly allMs: number;
  readonly hourlyMs: number;
  readonly dailyMs: number;
  /** Most snapshots to keep, whatever their age; null: no limit. */
  readonly count: number | null;
}

/** What the URL does not say of its service; null leaves it to the service's own defaults. */
export interface SnapshotStoreConfig {
  readonly s3Endpoint: string | null;
  readonly s3Region: string | null;
  readonly accessKey: AccessKey | null;
  readonly roleSessionName: string | null;
  readonly spacesKey: AccessKey | null;
}

export interface AccessKey {
  readonly id: string;
  readonly secret: string;
}
