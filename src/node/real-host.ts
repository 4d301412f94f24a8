import { randomBytes } from 'node:crypto';
import type { BootstrapPlan, EtcdLaunch, Identity } from '../../machines/facts.ts';
import type { NodeConfig } from '../config/node-config.ts';
import { withoutValuesOf } from '../config/redact.ts';
import { E2dError } from '../errors/e2d-error.ts';
import type { EtcdBinaries } from '../etcd/binaries/etcd-binaries.ts';
import { locateEtcd } from '../etcd/binaries/locate.ts';
import { progressLines } from '../etcd/binaries/progress-lines.ts';
import type { EndpointPool } from '../etcd/client/endpoint-pool.ts';
import { ensureDataDir } from '../etcd/data-dir/ensure-data-dir.ts';
import { defaultExpiryPolicy, expireMovedAside } from '../etcd/data-dir/expire-moved-aside.ts';
import { readIdentity, writeIdentity } from '../etcd/data-dir/identity-file.ts';
import { moveAside } from '../etcd/data-dir/move-aside.ts';
import { surveyDataDir } from '../etcd/data-dir/own-data.ts';
import { etcdArguments } from '../etcd/flags/etcd-arguments.ts';
import { etcdEnvironment } from '../etcd/flags/etcd-environment.ts';
import { isAtLeast, parseEtcdVersion } from '../etcd/flags/etcd-version.ts';
import { adoptEtcd } from '../etcd/process/adopt.ts';
import { launchEtcd } from '../etcd/process/launch.ts';
import type { RunningEtcd } from '../etcd/process/running-etcd.ts';
import type { Log } from '../log/create-log.ts';
import type { FileKeeper } from './certificate-keeper.ts';
import type { Clock } from './clock.ts';
import type { ChoiceRequest, ChosenSnapshot, EtcdProcess, Host } from './host.ts';
import {
  chooseFromStore,
  chooseOwnData,
  fetchAhead,
  fetchPlanned,
} from './snapshots/choose-snapshot.ts';
import { StoreKeeper } from './snapshots/keeper.ts';
import type { OpenSnapshots } from './snapshots/open-snapshots.ts';
import { RestoreWorkshop } from './snapshots/restore-workshop.ts';
import { etcdTlsFlags } from './tls.ts';
import { readAuthorities } from './trusted-authorities.ts';

export interface RealHostParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly endpoints: EndpointPool;
  /** Null without TLS. */
  readonly certificates: FileKeeper | null;
}

/** The host that e2d runs on: real files, a real etcd. */
export class RealHost implements Host {
  readonly #config: NodeConfig;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #movedInThisRun = new Set<string>();
  readonly snapshots: StoreKeeper | null;
  readonly certificates: FileKeeper | null;
  readonly #endpoints: EndpointPool;
  readonly #workshop: RestoreWorkshop;
  #binaries: EtcdBinaries | null = null;

  constructor(config: NodeConfig, { clock, log, endpoints, certificates }: RealHostParts) {
    this.certificates = certificates;
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
    this.#endpoints = endpoints;
    const binaries = () => this.#found();
    this.#workshop = new RestoreWorkshop({ dataDir: config.dataDir, clock, binaries });
    this.snapshots =
      config.snapshots &&
      new StoreKeeper({
        config: config.snapshots,
        clock,
        workDir: config.stateDir,
        binaries,
        onProblem: (sentence) => log.warn({ rule: 'S19' }, sentence),
      });
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
    refuseMigration(binaries, this.#config);
    this.#binaries = binaries;
    return binaries.version;
  }

  async adoptEtcd(name: string): Promise<EtcdProcess | null> {
    const { stateDir, dataDir } = this.#config;
    const adoption = await adoptEtcd({ stateDir, dataDir, name });
    switch (adoption.kind) {
      case 'adopted':
        this.certificates?.noteStarted(adoption.etcd.record.authorities ?? null);
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

  async chooseSnapshot(
    { order, lineages, own }: ChoiceRequest,
    signal: AbortSignal,
  ): Promise<ChosenSnapshot> {
    const workshop = this.#workshop;
    if (order?.kind === 'rebuild' && order.snapshotId === null) {
      return chooseOwnData(own, { workshop, signal });
    }
    const seeker = { lineages, etcdVersion: this.#found().version };
    const endpoints = this.#endpoints;
    const snapshots = await this.#openStore();
    const parts = { workshop, snapshots, seeker, endpoints, signal };
    const chosen = await chooseFromStore(order, parts);
    for (const sentence of chosen.passedOver) this.#log.warn({ rule: 'S4' }, sentence);
    return chosen;
  }

  async fetchAhead(lineages: readonly string[], signal: AbortSignal): Promise<void> {
    const seeker = { lineages, etcdVersion: this.#found().version };
    const snapshots = await this.#openStore();
    await fetchAhead({ workshop: this.#workshop, snapshots, seeker, signal });
  }

  async stageSnapshot(plan: BootstrapPlan, signal: AbortSignal): Promise<void> {
    const workshop = this.#workshop;
    const { peerAdvertise: peerUrl } = this.#config.urls;
    const name = plan.members.find((member) => member.peerUrl === peerUrl)?.name ?? '';
    if (await workshop.hasStaged(plan)) return;
    if (!(await workshop.hasContent(plan.snapshot?.sha256 ?? ''))) {
      await fetchPlanned(plan, { workshop, snapshots: await this.#openStore(), signal });
    }
    await workshop.stage({ plan, name, peerUrl }, { signal });
  }

  hasStaged(plan: BootstrapPlan): Promise<boolean> {
    return this.#workshop.hasStaged(plan);
  }

  /** The last check before data moves: by what is on disk, whatever the chart believes. */
  async installSnapshot(plan: BootstrapPlan): Promise<{ readonly movedTo: string | null }> {
    const [identity, survey] = await Promise.all([this.readIdentity(), this.surveyData()]);
    if (identity?.plan?.stage !== 'launched' || identity.plan.plan.id !== plan.id) {
      throw new E2dError(`Plan ${plan.id} is not the one that this node is bound by (S4).`, {
        code: 'E2D_RESTORE_FAILED',
      });
    }
    if (survey.data.kind !== 'none' && plan.snapshot?.replaces === undefined) {
      throw new E2dError(`There is data in ${this.#config.dataDir} that nobody gave up (S2).`, {
        code: 'E2D_DATA_AT_STAKE',
        remedy: 'Nothing was moved; "e2d restore" gives a lineage up by its name.',
      });
    }
    return this.#workshop.install(plan);
  }

  discardStaged(keep: BootstrapPlan | null): Promise<void> {
    return this.#workshop.discard(keep);
  }

  async #openStore(): Promise<OpenSnapshots> {
    if (this.snapshots !== null) return this.snapshots.open();
    throw new E2dError('No snapshot store is configured on this node.', {
      code: 'E2D_NO_STORE',
      remedy: 'Start e2d with --snapshot-backup-url.',
    });
  }

  #found(): EtcdBinaries {
    if (this.#binaries === null) throw new Error('etcd is used before it was found');
    return this.#binaries;
  }

  async launchEtcd(launch: EtcdLaunch, name: string): Promise<EtcdProcess> {
    // What was fetched for a restore that others saw otherwise would only take up the disk.
    await this.#workshop.discard(null);
    const binaries = this.#found();
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
    const authorities = tls && (await readAuthorities(tls));
    const launched = await launchEtcd({
      exe: binaries.etcd,
      version: binaries.version,
      args,
      environment: etcdEnvironment(process.env, etcd.passEnv),
      name,
      dataDir,
      stateDir,
      clientUrl: urls.clientAdvertise,
      ...(authorities === null ? {} : { authorities }),
    });
    this.certificates?.noteStarted(authorities);
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

/** etcd 3.4 mixes up clients over TLS and in plain on one port: in some starts, not in others. */
function refuseMigration({ version }: EtcdBinaries, { tls }: NodeConfig): void {
  if (tls === null || tls.migration === null) return;
  if (isAtLeast(parseEtcdVersion(version), '3.5.0')) return;
  throw new E2dError(`etcd ${version} cannot serve clients by TLS and in plain at once.`, {
    code: 'E2D_TLS_MIGRATION',
    remedy: 'Upgrade to etcd 3.5 or later before the migration to TLS.',
    exit: 2,
  });
}
