import { randomBytes } from 'node:crypto';
import type { EtcdLaunch, Identity, OwnData, StoreFact } from '../../machines/facts.ts';
import type { NodeConfig } from '../config/node-config.ts';
import { withoutValuesOf } from '../config/redact.ts';
import { E2dError } from '../errors/e2d-error.ts';
import type { EtcdBinaries } from '../etcd/binaries/etcd-binaries.ts';
import { locateEtcd } from '../etcd/binaries/locate.ts';
import { progressLines } from '../etcd/binaries/progress-lines.ts';
import { ensureDataDir } from '../etcd/data-dir/ensure-data-dir.ts';
import { defaultExpiryPolicy, expireMovedAside } from '../etcd/data-dir/expire-moved-aside.ts';
import { readIdentity, writeIdentity } from '../etcd/data-dir/identity-file.ts';
import { moveAside } from '../etcd/data-dir/move-aside.ts';
import { surveyDataDir } from '../etcd/data-dir/own-data.ts';
import { etcdArguments } from '../etcd/flags/etcd-arguments.ts';
import { etcdEnvironment } from '../etcd/flags/etcd-environment.ts';
import { adoptEtcd } from '../etcd/process/adopt.ts';
import { launchEtcd } from '../etcd/process/launch.ts';
import type { RunningEtcd } from '../etcd/process/running-etcd.ts';
import type { Log } from '../log/create-log.ts';
import type { Clock } from './clock.ts';
import type { EtcdProcess, Host } from './host.ts';
import { etcdTlsFlags } from './tls.ts';

/** The host that e2d runs on: real files, a real etcd. */
export class RealHost implements Host {
  readonly #config: NodeConfig;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #movedInThisRun = new Set<string>();
  #binaries: EtcdBinaries | null = null;

  constructor(config: NodeConfig, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
  }

  async ensureFolders(): Promise<void> {
    await ensureDataDir(this.#config.dataDir);
    await ensureDataDir(this.#config.stateDir);
  }

  readIdentity(): Promise<Identity | null> {
    return readIdentity(this.#config.stateDir);
  }

  writeIdentity(identity: Identity): Promise<void> {
    return writeIdentity(this.#config.stateDir, identity);
  }

  newNodeId(): string {
    return randomBytes(6).toString('hex');
  }

  surveyData(): ReturnType<typeof surveyDataDir> {
    return surveyDataDir(this.#config.dataDir);
  }

  async moveDataAside(cause: string): Promise<string> {
    const movedTo = await moveAside(this.#config.dataDir, cause, this.#clock.wallTime());
    this.#movedInThisRun.add(movedTo);
    return movedTo;
  }

  async expireMovedAside(): Promise<void> {
    const now = this.#clock.wallTime();
    const options = { policy: defaultExpiryPolicy, now, movedInThisRun: this.#movedInThisRun };
    for (const { path, because } of await expireMovedAside(this.#config.dataDir, options)) {
      this.#log.info({ path, because, rule: 'S3' }, 'Data that was moved aside has expired.');
    }
  }

  async findEtcd(signal: AbortSignal): Promise<string> {
    const { etcd } = this.#config;
    const binaries = await locateEtcd({
      binDir: etcd.binDir ?? undefined,
      cacheDir: etcd.cacheDir,
      version: etcd.version ?? undefined,
      env: process.env,
      signal,
      onProgress: progressLines({
        isTerminal: process.stderr.isTTY === true,
        write: (text) => process.stderr.write(text),
      }),
    });
    this.#log.info({ version: binaries.version, dir: binaries.dir }, 'etcd is found.');
    for (const warning of binaries.warnings) this.#log.warn(warning);
    this.#binaries = binaries;
    return binaries.version;
  }

  async adoptEtcd(name: string): Promise<EtcdProcess | null> {
    const { stateDir, dataDir } = this.#config;
    const adoption = await adoptEtcd({ stateDir, dataDir, name });
    switch (adoption.kind) {
      case 'adopted':
        return this.#discreet(adoption.etcd);
      case 'not-running':
        this.#log.debug({ reason: adoption.reason }, 'No etcd was adopted.');
        return null;
      case 'conflict':
        throw new E2dError(`An etcd that is not ours uses ${dataDir}: ${adoption.reason}.`, {
          code: 'E2D_FOREIGN_ETCD',
          remedy: `Stop process ${adoption.pid}, or start e2d with the same --name.`,
        });
    }
  }

  /** There is no store yet that could be configured. */
  async readStore(): Promise<StoreFact> {
    return 'none';
  }

  async restoreSnapshot(): Promise<OwnData> {
    throw new E2dError('Snapshots cannot be restored by this version of e2d.', {
      code: 'E2D_NOT_AVAILABLE',
    });
  }

  async launchEtcd(launch: EtcdLaunch, name: string): Promise<EtcdProcess> {
    const binaries = this.#binaries;
    if (binaries === null) throw new Error('etcd is launched before it was found');
    const { urls, dataDir, stateDir, etcd, tls } = this.#config;
    const args = etcdArguments({
      name,
      dataDir,
      listenPeerUrls: urls.peerListen,
      advertisePeerUrls: [urls.peerAdvertise],
      listenClientUrls: urls.clientListen,
      advertiseClientUrls: [urls.clientAdvertise],
      launch,
      ...etcdTlsFlags(tls),
      etcdVersion: binaries.version,
      extraArgs: etcd.extraArgs,
      passEnv: etcd.passEnv,
    });
    const launched = await launchEtcd({
      exe: binaries.etcd,
      version: binaries.version,
      args,
      environment: etcdEnvironment(process.env, etcd.passEnv),
      name,
      dataDir,
      stateDir,
      clientUrl: urls.clientAdvertise,
    });
    return this.#discreet(launched);
  }

  /** etcd repeats the value of a flag that it does not take: it may be a secret (S20). */
  #discreet(etcd: RunningEtcd): EtcdProcess {
    const discreet = withoutValuesOf(this.#config.etcd.extraArgs);
    const exited = etcd.exited.then(({ reason: { kind, sentence, evidence }, ...exit }) => ({
      ...exit,
      reason: {
        kind,
        sentence: discreet(sentence),
        evidence: evidence === null ? null : discreet(evidence),
      },
    }));
    return {
      pid: etcd.pid,
      exited,
      stop: (options) => etcd.stop(options),
      release: () => etcd.release(),
    };
  }
}
