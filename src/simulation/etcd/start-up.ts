import type { EtcdExitKind, EtcdLaunch, Member, MemberId } from '../../../machines/facts.ts';
import type { Listener } from './caller.ts';
import type { LogEntry } from './commands.ts';
import type { DataDir, EtcdDisk } from './disk.ts';
import { clusterIdOf, compareIds, memberIdOf } from './identifiers.ts';
import type { RaftMember } from './member.ts';
import type { SimulatedProcess } from './process.ts';
import { bootstrapAskTimeoutMs, dialTimeoutMs, silentPeerTimeoutMs } from './timing.ts';
import { type EtcdWorld, hostOf } from './world.ts';

/** How one etcd is started. The data on the disk, where there is some, outweighs `launch`. */
export interface StartOptions {
  readonly disk: EtcdDisk;
  readonly host: string;
  readonly name: string;
  readonly peerUrl: string;
  readonly clientUrl: string;
  readonly launch: EtcdLaunch;
}

interface StartUp {
  readonly world: EtcdWorld;
  readonly process: SimulatedProcess;
  readonly options: StartOptions;
  readonly peerAt: (peerUrl: string) => Listener | null;
  /** Called with the data to run on. */
  readonly run: (data: DataDir) => void;
}

interface NamedUrl {
  readonly name: string;
  readonly url: string;
}

/** Finds or makes the data that a process runs on, as etcd does; or ends the process. */
export function startUp(start: StartUp): void {
  const { process, options, run } = start;
  const { disk, launch, name, peerUrl } = options;
  const end = (kind: EtcdExitKind, sentence: string) => process.end(kind, sentence);
  if (disk.state === 'unreadable') {
    return void end('corrupt-data', 'The log of this member is damaged and etcd cannot use it.');
  }
  if (disk.full) return void end('disk-full', 'The disk that holds the data dir is full.');
  if (disk.data !== null) return void run(disk.data);
  const planned = parseInitialCluster(launch.initialCluster);
  const own = planned.find((entry) => entry.name === name);
  if (own?.url !== peerUrl) {
    return void end('member-mismatch', `The initial cluster does not have ${name} at ${peerUrl}.`);
  }
  if (launch.clusterState === 'new') found(start, planned, end);
  else join(start, planned, end);
}

type End = (kind: EtcdExitKind, sentence: string) => void;

/**
 * Forms a new cluster. Only a peer that answers, and knows this member as started, stops a member
 * that lost its disk from beginning anew under its old id.
 */
function found({ process, options, ...start }: StartUp, planned: readonly NamedUrl[], end: End) {
  const token = options.launch.clusterToken;
  const members = planned
    .map(({ name, url }) => foundingMember(name, url, token))
    .sort((a, b) => compareIds(a.id, b.id));
  const memberId = memberIdOf([options.peerUrl], token);
  const urls = otherUrls(planned, options.name);
  ask({ ...start, process, options }, { urls, silentMs: bootstrapAskTimeoutMs }, (peer) => {
    if (peer?.config.member(memberId)?.clientUrls.length) {
      end('member-mismatch', `Member ${memberId} has already been bootstrapped.`);
      return;
    }
    const clusterId = clusterIdOf(members.map(({ id }) => id));
    const log = members.map((member, at): LogEntry => {
      const change = { kind: 'add', member } as const;
      return { index: at + 1, term: 1, command: { kind: 'config', change }, proposalId: null };
    });
    const commit = log.length;
    start.run({ memberId, clusterId, term: 1, votedFor: null, log, commit });
  });
}

/** A member as the plan of a new cluster has it. */
export function foundingMember(name: string, peerUrl: string, token: string): Member {
  const peerUrls = [peerUrl];
  const id: MemberId = memberIdOf(peerUrls, token);
  return { id, name, peerUrls, clientUrls: [], learner: false };
}

/** Joins a cluster that exists, whose members must be exactly those that were named. */
function join(start: StartUp, planned: readonly NamedUrl[], end: End): void {
  const { options } = start;
  const urls = otherUrls(planned, options.name);
  ask(start, { urls, silentMs: silentPeerTimeoutMs }, (peer) => {
    if (peer === null) {
      return end('peers-unreachable', 'No member of the cluster to join answers.');
    }
    const { members } = peer.config;
    const matches = (member: Member) => planned.some(({ url }) => member.peerUrls.includes(url));
    const own = members.find(({ peerUrls }) => peerUrls.includes(options.peerUrl));
    if (members.length !== planned.length || !members.every(matches) || own === undefined) {
      return end('member-mismatch', "The cluster's member list is not the one it was told.");
    }
    const { clusterId } = peer;
    start.run({ memberId: own.id, clusterId, term: 0, votedFor: null, log: [], commit: 0 });
  });
}

/** Asks the peers one after the other, until one answers. */
function ask(
  start: StartUp,
  { urls, silentMs }: { readonly urls: readonly string[]; readonly silentMs: number },
  done: (peer: RaftMember | null) => void,
): void {
  const [url, ...others] = urls;
  if (url === undefined) return void done(null);
  const { world, process, peerAt } = start;
  const [here, there] = [process.host, hostOf(url)];
  const next = () => ask(start, { urls: others, silentMs }, done);
  const goesThrough = world.reaches(here, there) && world.reaches(there, here);
  if (!goesThrough) return void process.later(Math.min(dialTimeoutMs, silentMs), next);
  const peer = peerAt(url);
  if (peer?.process.isPaused) return void process.later(silentMs, next);
  process.later(world.latencyMs(here, there) + world.latencyMs(there, here), () => {
    const answers = peer?.member?.process.isActive ? peer.member : null;
    if (answers === null || answers.config.members.length === 0) next();
    else done(answers);
  });
}

function otherUrls(planned: readonly NamedUrl[], ownName: string): readonly string[] {
  return planned.filter(({ name }) => name !== ownName).map(({ url }) => url);
}

/** `name=peerURL` pairs joined by commas. */
function parseInitialCluster(text: string): readonly NamedUrl[] {
  return text.split(',').map((pair) => {
    const at = pair.indexOf('=');
    return { name: pair.slice(0, at).trim(), url: pair.slice(at + 1).trim() };
  });
}
