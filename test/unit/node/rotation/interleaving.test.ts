import { firstValueFrom } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { Member } from '../../../../machines/facts.ts';
import type { EtcdEndpoint } from '../../../../src/etcd/client/endpoint.ts';
import {
  abortRotation,
  beginRotation,
  moveOn,
  readRotationState,
} from '../../../../src/node/rotation/conduct-rotation.ts';
import { RotationFollower } from '../../../../src/node/rotation/follow-rotation.ts';
import type { FileAccess, NodeFiles } from '../../../../src/node/rotation/node-files.ts';
import type { NewFile } from '../../../../src/pki/certificate-files.ts';
import { leadsTo } from '../../../../src/pki/examine.ts';
import { readCertificates } from '../../../../src/pki/read-certificates.ts';
import { SeededRandom } from '../../../../src/simulation/seeded-random.ts';
import { fingerprintOf, issue, now, type TestAuthority, testAuthority } from './authorities.ts';
import { Keys, Stage } from './stage.ts';

const old = await testAuthority('old');
const fresh = await testAuthority('new');
const ofPeers = await testAuthority('peers');
const roles = ['server', 'peer', 'client'] as const;
const bounds = { timeoutMs: 1_000 };
const quiet = { info: () => undefined, warn: () => undefined };
const clock = { wallTime: () => now, setTimeout: () => null, clearTimeout: () => undefined };

const sizes = [0, 1, 2];
const members: readonly Member[] = sizes.map((index) => ({
  id: `a${index}`,
  name: `n${index}`,
  peerUrls: [`https://127.0.0.${index + 1}:2380`],
  clientUrls: [`https://127.0.0.${index + 1}:2379`],
  learner: false,
}));

/** A node's disk, its running etcd, and its running e2d. */
class TestMachine {
  readonly disk = new Map<string, string>();
  readonly files: NodeFiles;
  etcd = { clients: '', peers: '' };
  e2d = { trusted: '', client: '' };

  private constructor(separatePeers: boolean) {
    this.files = {
      trusted: separatePeers ? ['ca', 'peer-ca'] : ['ca'],
      pairs: roles.map((role) => ({ role, certFile: role, keyFile: `${role}.key` })),
    };
  }

  static async make(index: number, { separatePeers }: { separatePeers: boolean }) {
    const machine = new TestMachine(separatePeers);
    machine.disk.set('ca', old.certificate);
    machine.disk.set('peer-ca', ofPeers.certificate);
    for (const role of roles) {
      const authority = separatePeers && role === 'peer' ? ofPeers : old;
      const pair = await issue(authority, role, [`127.0.0.${index + 1}`]);
      machine.disk.set(role, pair.certificate).set(`${role}.key`, pair.key);
    }
    machine.startEtcd();
    machine.takeUp();
    return machine;
  }

  text(path: string): string {
    return this.disk.get(path) ?? '';
  }

  startEtcd(): void {
    this.etcd = { clients: this.text('ca'), peers: this.text(this.files.trusted.at(-1) ?? '') };
  }

  takeUp(): void {
    this.e2d = { trusted: this.text('ca'), client: this.text('client') };
  }

  access(turn: () => Promise<void>): FileAccess {
    return {
      read: async (path) => this.text(path),
      replace: async (files: readonly NewFile[]) => {
        for (const { path, content } of files) {
          await turn();
          this.disk.set(path, content);
        }
      },
    };
  }
}

const judged = new Map<string, boolean>();
function trusts(trusted: string, certificate: string): boolean {
  const key = `${certificate}${trusted}`;
  const known = judged.get(key) ?? leadsTo(certificate, trusted);
  judged.set(key, known);
  return known;
}

/** Who shows whom something that is not trusted. */
function refusals(machines: readonly TestMachine[]): readonly string[] {
  return machines.flatMap((one, i) =>
    machines.flatMap((other, j) => {
      const { clients, peers } = other.etcd;
      return [
        trusts(peers, one.text('peer')) ? [] : [`etcd ${j} refuses member ${i}`],
        trusts(clients, one.text('client')) ? [] : [`etcd ${j} refuses the client of ${i}`],
        trusts(clients, one.e2d.client) ? [] : [`etcd ${j} refuses the e2d of ${i}`],
        trusts(other.e2d.trusted, one.text('server')) ? [] : [`e2d ${j} refuses etcd ${i}`],
      ].flat();
    }),
  );
}

function addNode(
  stage: Stage,
  machine: TestMachine,
  { keys, index }: { keys: Keys; index: number },
) {
  let follower: RotationFollower | null = null;
  let gate: () => Promise<void> = async () => undefined;
  const ids = (pem: string) => readCertificates(pem).map(({ fingerprint }) => fingerprint);
  const make = () =>
    new RotationFollower({
      files: machine.files,
      own: keys.endpoint(members, () => gate()),
      member: () => ({ id: `a${index}`, name: `n${index}` }),
      trustOfEtcd: () => ({ clients: ids(machine.etcd.clients), peers: ids(machine.etcd.peers) }),
      takeUp: async () => machine.takeUp(),
      clock,
      log: quiet,
      access: machine.access(() => gate()),
    });
  stage.add(
    async (turn) => {
      gate = turn;
      follower ??= make();
      await follower.look();
      const demand = await firstValueFrom(follower.demand$);
      if (demand?.work) await follower.follow(demand.work);
    },
    () => {
      follower = null;
      machine.takeUp();
    },
  );
}

/** Whoever holds the key of the new authority, and may think better of it. */
async function operate(endpoint: EtcdEndpoint, mayAbort: () => boolean): Promise<void> {
  const state = await readRotationState(endpoint, bounds);
  const { rotation } = state;
  const parts = { endpoint, now: () => now, bounds, authority: fresh.authority, mayDropOld: true };
  if (rotation === null) await beginRotation(state, old, parts);
  else if (rotation.phase === 'trust-both' && mayAbort()) await abortRotation(state, parts);
  else await moveOn({ ...state, rotation }, parts);
}

async function world(seed: number, { separatePeers = false, aborts = false } = {}) {
  const random = new SeededRandom(seed);
  const draw = (below: number) => random.integer(0, Math.max(0, below - 1));
  const keys = new Keys();
  const stage = new Stage();
  const machines = await Promise.all(sizes.map((i) => TestMachine.make(i, { separatePeers })));
  for (const [index, machine] of machines.entries()) {
    addNode(stage, machine, { keys, index });
    stage.add(async () => machine.startEtcd());
  }
  for (let count = 0; count < 2; count += 1) {
    stage.add((turn) => operate(keys.endpoint(members, turn), () => aborts && draw(8) === 0));
  }
  const look = () =>
    readRotationState(
      keys.endpoint(members, async () => undefined),
      bounds,
    );
  const steps = async (count: number, crashes: boolean, phases: Set<string>) => {
    const everybody = Array.from({ length: stage.size }, (_, index) => index);
    let awake: readonly number[] = everybody;
    for (let step = 0; step < count; step += 1) {
      // Whoever sleeps for long lets the others run far ahead.
      if (crashes && step % 40 === 0) awake = everybody.filter(() => draw(2) === 0);
      const index = awake[draw(awake.length)] ?? draw(stage.size);
      if (crashes && draw(20) === 0) stage.crash(index);
      else await stage.step(index);
      const { rotation } = await look();
      if (rotation !== null) phases.add(rotation.phase);
      expect(refusals(machines), `seed ${seed}, step ${step}, ${rotation?.phase}`).toEqual([]);
      if (rotation?.phase === 'done' || rotation?.phase === 'aborted') return rotation.phase;
    }
    return 'unfinished';
  };
  return { machines, keys, steps };
}

async function live(seed: number, options: { separatePeers?: boolean; aborts?: boolean } = {}) {
  const { machines, keys, steps } = await world(seed, options);
  const phases = new Set<string>();
  const early = await steps(400, true, phases);
  const end = early === 'unfinished' ? await steps(3_000, false, phases) : early;
  return { machines, keys, end, phases: [...phases] };
}

function trustedIn(machine: TestMachine, path: string): readonly string[] {
  return readCertificates(machine.text(path)).map(({ fingerprint }) => fingerprint);
}

function shown(machines: readonly TestMachine[], by: TestAuthority): number {
  const all = machines.flatMap((machine) => roles.map((role) => machine.text(role)));
  return all.filter((certificate) => trusts(by.certificate, certificate)).length;
}

const seeds = Array.from({ length: 4 }, (_, index) => index + 1);

describe('nobody shows what another does not trust, whoever crashes wherever', () => {
  test.each(seeds)('and the new authority is the only one in the end (%i)', async (seed) => {
    const { machines, keys, end, phases } = await live(seed);
    expect(end).toBe('done');
    expect(phases).toEqual(['trust-both', 'reissue', 'drop-old', 'done']);
    for (const machine of machines) {
      expect(trustedIn(machine, 'ca')).toEqual([fingerprintOf(fresh.certificate)]);
    }
    expect(shown(machines, fresh)).toBe(9);
    expect(keys.texts.filter((text) => text.includes('PRIVATE KEY'))).toEqual([]);
  });

  test.each(seeds.slice(0, 2))('and members keep an authority of their own (%i)', async (seed) => {
    const { machines, end } = await live(seed, { separatePeers: true });
    expect(end).toBe('done');
    for (const machine of machines) {
      expect(trustedIn(machine, 'ca')).toEqual([fingerprintOf(fresh.certificate)]);
      expect(trustedIn(machine, 'peer-ca')).toEqual([fingerprintOf(ofPeers.certificate)]);
    }
    expect([shown(machines, fresh), shown(machines, ofPeers)]).toEqual([6, 3]);
  });

  test.each(seeds.slice(0, 2))(
    'or the old one is again, where it is called off (%i)',
    async (seed) => {
      const { machines, end } = await live(seed, { aborts: true });
      const only = end === 'done' ? fresh : old;
      expect(['done', 'aborted']).toContain(end);
      for (const machine of machines) {
        expect(trustedIn(machine, 'ca')).toEqual([fingerprintOf(only.certificate)]);
        expect(readCertificates(machine.etcd.peers)).toHaveLength(1);
      }
      expect(shown(machines, only)).toBe(9);
    },
  );
});
