import type { Member } from '../../../machines/facts.ts';
import type { MembershipPolicy } from '../../../machines/membership/evidence.ts';
import type { NodeConfig } from '../../config/node-config.ts';
import { changePeerUrls } from '../../etcd/membership/change-peer-urls.ts';
import { flagValue } from '../../etcd/process/adopt.ts';
import { readCommandLine } from '../../etcd/process/proc.ts';
import type { Log } from '../../log/create-log.ts';
import { type NodeResources, peersOf } from '../resources.ts';
import { type MemberStanding, progressSentence } from './progress.ts';
import { type Register, readRegister, writeRegister } from './register.ts';
import { isSameAddress, isSecure, peerUrlsAt, standingOf } from './standing.ts';

const lookEveryMs = 1_000;
const timeoutMs = 2_000;

export interface MigrationParts {
  readonly resources: NodeResources;
  readonly policy: MembershipPolicy;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/**
 * This node's part of the way from plain HTTP to TLS, once its etcd runs: has the other members
 * look for it by the right schemes, keeps for the next start what the member list says of all of
 * them, and tells how far they are. Whatever is cut short is done at the next look.
 */
export class TlsMigration {
  readonly #parts: MigrationParts;
  readonly #stop = new AbortController();
  #timer: unknown = null;
  /** How far the cluster is, and what stands in this node's own way. */
  #sentence: string | null = null;
  #obstacle: string | null = null;
  #kept: string | null = null;

  private constructor(parts: MigrationParts) {
    this.#parts = parts;
  }

  /** Null where nothing is under way: neither asked for nor begun. */
  static async start(parts: MigrationParts): Promise<TlsMigration | null> {
    const { config } = parts.resources;
    const register = await readRegister(config.stateDir);
    if (register === null && !isAskedFor(config)) return null;
    const migration = new TlsMigration(parts);
    migration.#lookLater();
    return migration;
  }

  /** Sentences for the status. */
  warnings(): readonly string[] {
    return [this.#obstacle, this.#sentence].filter((sentence) => sentence !== null);
  }

  stop(): void {
    this.#stop.abort();
    this.#parts.resources.clock.clearTimeout(this.#timer);
  }

  #lookLater(): void {
    const { clock } = this.#parts.resources;
    this.#timer = clock.setTimeout(() => void this.#look(), lookEveryMs);
  }

  /** Never rejects: an etcd that does not answer is the chart's business, and is asked again. */
  async #look(): Promise<void> {
    const isOver = await this.#step().catch(() => false);
    if (!isOver && !this.#stop.signal.aborted) this.#lookLater();
  }

  /** Whether all members have arrived, at one end of the way or the other. */
  async #step(): Promise<boolean> {
    const { own, config } = this.#parts.resources;
    const bounds = { signal: this.#stop.signal, timeoutMs };
    const { memberId } = await own.status(bounds);
    const { members } = await own.memberList(bounds);
    const member = members.find(({ id }) => id === memberId);
    if (member === undefined || member.learner) return false;
    const others = members.filter(({ id }) => id !== memberId).map(withStanding);
    this.#tell(progressSentence([withStanding(member), ...others]));
    const isOver = this.#sentence === null && !isAskedFor(config);
    await this.#keep(isOver ? null : { ownPeerUrls: keptOf(member, peerUrlsAt(config)), others });
    await this.#settle(member);
    return isOver;
  }

  /** Before anything is changed: what it says holds whether or not the change is made. */
  async #keep(register: Register | null): Promise<void> {
    const text = JSON.stringify(register);
    if (text === this.#kept) return;
    await writeRegister(this.#parts.resources.config.stateDir, register);
    this.#kept = text;
  }

  /** Has the others look for this member where it is configured to listen, if it does. */
  async #settle(member: Member): Promise<void> {
    const { config } = this.#parts.resources;
    const wanted = peerUrlsAt(config);
    const isOurs = member.peerUrls.every((url) => isSameAddress(url, config.urls.peerAdvertise));
    if (!isOurs || sameUrls(member.peerUrls, wanted)) {
      this.#hinder(null);
      return;
    }
    const outdated = await this.#outdatedEtcd();
    if (outdated !== null) {
      this.#hinder(outdated);
      return;
    }
    const { policy, resources, log } = this.#parts;
    const outcome = await changePeerUrls(
      { memberId: member.id, peerUrls: wanted },
      {
        ...{ endpoint: resources.own, endpoints: resources.endpoints, clock: resources.clock },
        ...{ policy, requiredSize: config.requiredSize, peers: () => peersOf(resources) },
        nodeName: resources.gossip?.name ?? config.host,
        signal: this.#stop.signal,
      },
    );
    if (outcome.kind === 'done') log.info({ rule: 'S10', peerUrls: wanted }, told);
    if (outcome.kind !== 'failed') return this.#hinder(null);
    this.#hinder(`The peer URLs of this node cannot be changed: ${outcome.fault.message}`);
  }

  /** An etcd that was adopted may have been started with other flags than the present ones. */
  async #outdatedEtcd(): Promise<string | null> {
    const { etcd, config } = this.#parts.resources;
    const args = etcd === null ? null : await readCommandLine(etcd.pid);
    if (etcd === null || args === null) return 'etcd does not run';
    const listens = isSecure(flagValue(args, 'listen-peer-urls') ?? '');
    const dials = flagValue(args, 'peer-cert-file') !== null;
    const fits = listens === isSecure(config.urls.peerAdvertise) && dials === (config.tls !== null);
    if (fits) return null;
    return (
      `etcd (process ${etcd.pid}) still runs with the flags of an earlier step of the TLS ` +
      'migration: stop e2d with --on-exit=stop-etcd, and start it again'
    );
  }

  #tell(sentence: string | null): void {
    if (sentence === this.#sentence) return;
    this.#parts.log.info(sentence ?? 'TLS migration: every member is done.');
    this.#sentence = sentence;
  }

  #hinder(obstacle: string | null): void {
    if (obstacle === this.#obstacle) return;
    this.#obstacle = obstacle;
    if (obstacle !== null) this.#parts.log.warn(`${obstacle}.`);
  }
}

const told = 'The other members look for this one at these peer URLs from now on.';

function isAskedFor({ tls }: NodeConfig): boolean {
  return tls !== null && tls.migration !== null;
}

function withStanding(member: Member): MemberStanding {
  return { name: member.name || member.id, standing: standingOf(member) };
}

/** What others know now, and will know after the change: only that may be relied upon. */
function keptOf({ peerUrls }: Member, wanted: readonly string[]): string[] {
  return peerUrls.filter((url) => wanted.includes(url));
}

function sameUrls(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join() === [...b].sort().join();
}
