import { describe, expect, test } from 'vitest';
import type { EndpointTls } from '../../../src/etcd/client/connection.ts';
import { EtcdFault } from '../../../src/etcd/client/etcd-fault.ts';
import type { DriverEntry } from '../../../src/node/driver.ts';
import { tellRefusals, userOf, userRegister } from '../../../src/node/user-register.ts';
import { CertificateAuthority } from '../../support/certificates.ts';
import { scriptedEndpoint } from '../etcd/scripted-endpoint.ts';

const authority = new CertificateAuthority();
const shownAs = (user: string): EndpointTls => ({
  certificate: Buffer.from(authority.issue(user, []).certificate),
});
const [client, renewed] = [shownAs('etcd client'), shownAs('renewed')];

test('a certificate makes its holder the user of its CN, and nobody without one', () => {
  expect(userOf(client.certificate)).toBe('etcd client');
  expect(userOf(shownAs('').certificate)).toBe('');
  expect(userOf(Buffer.from('no certificate'))).toBe('');
  expect(userOf(undefined)).toBe('');
});

interface Seen {
  readonly atMs?: number;
  readonly type?: string;
  readonly standing?: string;
  readonly memberId?: string | null;
  readonly lineage?: string | null;
  readonly linearizable?: string;
}

/** A probe of the own etcd as the chart records it. */
function probed(seen: Seen = {}): DriverEntry {
  const { atMs = 0, type = 'etcd.probed', standing = 'voting', linearizable = 'ok' } = seen;
  const { memberId = 'm1', lineage = 'l1' } = seen;
  const identity = { memberId, lineage, clusterId: 'c1', name: 'n1' };
  const value = { active: { running: { standing, backup: 'idle' } } };
  const context = { identity, probe: { linearizable } };
  return { event: { type }, snapshot: { value, context }, atMs } as unknown as DriverEntry;
}

describe('an e2d tells the cluster as whom it asks', () => {
  function registering() {
    const stored = new Map<string, string>();
    const said: string[] = [];
    const world = { shown: client, fault: null as EtcdFault | null, puts: 0 };
    const own = scriptedEndpoint('https://a:2379', {
      get: async (key) => {
        if (world.fault !== null) throw world.fault;
        const value = stored.get(key);
        return value === undefined ? null : { key, value, createRevision: '1', modRevision: '1' };
      },
      put: async (key, value) => {
        world.puts += 1;
        stored.set(key, value);
        return String(world.puts);
      },
    });
    const tell = (_: object, sentence: string) => void said.push(sentence);
    const log = { info: tell, warn: tell } as never;
    const register = userRegister({ shown: () => world.shown, own, log });
    /** What is begun by it has ended when this resolves. */
    const note = async (seen?: Seen) => {
      register.note(probed(seen));
      await new Promise((resolve) => setImmediate(resolve));
    };
    return { stored, said, world, note, register };
  }

  test('once, and again when its certificate is another, or its cluster', async () => {
    const { stored, said, world, note } = registering();
    await note();
    const told = (user: string) => JSON.stringify({ user, node: 'n1' });
    expect([...stored]).toEqual([['/_e2d/users/m1', told('etcd client')]]);
    await note({ atMs: 60_000 });
    expect(world.puts).toBe(1);
    world.shown = renewed;
    await note({ atMs: 120_000 });
    expect([...stored]).toEqual([['/_e2d/users/m1', told('renewed')]]);
    stored.clear();
    await note({ atMs: 180_000, lineage: 'l2' });
    expect([...stored]).toEqual([['/_e2d/users/m1', told('renewed')]]);
    expect(said).toEqual(
      Array(3).fill('e2d is known to the cluster by the CN of its certificate.'),
    );
  });

  test('writing nothing where it is there already', async () => {
    const { stored, world, note } = registering();
    stored.set('/_e2d/users/m1', JSON.stringify({ user: 'etcd client', node: 'n1' }));
    await note();
    expect(world.puts).toBe(0);
  });

  test.each<[string, Seen]>([
    ['another event', { type: 'gossip.changed' }],
    ['a learner', { standing: 'learning' }],
    ['a node that is no member', { memberId: null }],
    ['a cluster of no lineage', { lineage: null }],
    ['a cluster without quorum', { linearizable: 'no-leader' }],
  ])('not at %s', async (_, seen) => {
    const { world, note } = registering();
    await note(seen);
    expect(world.puts).toBe(0);
  });

  test('saying once why it cannot, and trying again every ten seconds', async () => {
    const { said, world, note } = registering();
    world.fault = new EtcdFault('permission', 'permission denied');
    await note({ atMs: 1_000 });
    await note({ atMs: 11_000 });
    expect(said).toEqual(['e2d cannot write to the cluster as its user.']);
    world.fault = null;
    await note({ atMs: 20_999 });
    expect(world.puts).toBe(0);
    await note({ atMs: 21_000 });
    expect(world.puts).toBe(1);
    expect(said).toHaveLength(2);
  });

  test('and no more after its end', async () => {
    const { said, world, note, register } = registering();
    register.stop();
    world.fault = new EtcdFault('aborted', 'ended by its caller');
    await note();
    expect(said).toEqual([]);
  });
});

test('refusals are told at once and then once a minute, and other faults not at all', () => {
  const told: unknown[] = [];
  let nowMs = 0;
  const tell = tellRefusals({
    clock: { nowMs: () => nowMs },
    log: { warn: ({ fault }: { fault: string }) => told.push(fault) } as never,
  });
  const refused = new EtcdFault('permission', 'refused');
  tell(new EtcdFault('unavailable', 'away'));
  expect(told).toEqual([]);
  tell(refused);
  nowMs = 59_999;
  tell(refused);
  expect(told).toEqual(['refused']);
  nowMs = 60_000;
  tell(new EtcdFault('unauthenticated', 'unknown'));
  expect(told).toEqual(['refused', 'unknown']);
});
