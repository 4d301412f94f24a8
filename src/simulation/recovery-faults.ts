import type { RestoreOrder } from '../../machines/facts.ts';
import { refuseOrder } from '../../machines/node/restore-order.ts';
import { dataKey, recordKey } from '../snapshots/catalogue/layout.ts';
import { byRevision, isE2dEntry } from '../snapshots/catalogue/snapshot-order.ts';
import type { SnapshotRecord } from '../snapshots/catalogue/snapshot-record.ts';
import type { DrawnFault } from './drawn-fault.ts';
import { sealed, sizeOf } from './etcd/keyspace.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import type { SimulatedStore } from './store/simulated-store.ts';
import type { StoredBody } from './store/stored-snapshot.ts';
import type { World } from './world.ts';

/** Faults of the snapshot store, of whole clusters, and what operators then do. */
export const recoveryKinds = [
  'store-down',
  'store-slow',
  'store-flaky',
  'store-stale',
  'snapshot-corrupt',
  'snapshot-foreign',
  'total-loss',
  'restore-crash',
  'operator-restore',
  'operator-rebuild',
  'operator-approve',
] as const;

export type RecoveryKind = (typeof recoveryKinds)[number];

type Inject = (world: World, fault: DrawnFault) => (() => void) | null;

const nothing = () => undefined;
/** An operator who is refused tries again. */
const patienceMs = 2_000;
/** A lineage of which no machine here knows. */
const foreignLineage = 'f0f0f0f0.0-f0f0f0f0f0f0f0f0';

export const recoveryFaults: Readonly<Record<RecoveryKind, Inject>> = {
  'store-down': onStore((store) => {
    store.isDown = true;
    return () => {
      store.isDown = false;
    };
  }),
  'store-slow': onStore((store, { strength }) => {
    store.slowMs = 200 + strength * 8_000;
    return () => {
      store.slowMs = 0;
    };
  }),
  'store-flaky': onStore((store, { strength }) => {
    store.failing = 0.1 + strength * 0.6;
    return () => {
      store.failing = 0;
    };
  }),
  'store-stale': onStore((store) => {
    store.freeze();
    return () => store.thaw();
  }),
  'snapshot-corrupt': onStore((store, fault) => spoil(store, fault)),
  'snapshot-foreign': (world, fault) => {
    if (world.store === null) return null;
    putForeign(world.store, world, fault);
    return nothing;
  },
  'total-loss': (world, { strength }) => {
    const starts = world.machines.map((machine) => {
      const start = machine.powerOff();
      world.noteLoss(machine);
      machine.disk.wipe();
      // In half of the cases the state dirs were on the same disks.
      if (strength < 0.5) machine.identity = null;
      return start;
    });
    return () => {
      for (const start of starts) start();
    };
  },
  'restore-crash': (world, { machines, strength }) => {
    const when = (strength * 16) % 1 < 0.5 ? 'before' : 'after';
    const left = 1 + Math.floor(strength * 8);
    const struck = world.machines.filter((_, index) => machines.includes(index));
    for (const machine of struck) machine.crashPoint = { left, when, isOfRestore: true };
    return () => {
      for (const machine of struck) machine.crashPoint = null;
    };
  },
  'operator-restore': (world, fault) => {
    const machine = machineOf(world, fault);
    const lineage = machine.identity?.lineage ?? null;
    if (world.store === null || lineage === null) return null;
    const own = world.store.entries
      .filter(isE2dEntry)
      .filter(({ record }) => record.lineage === lineage)
      .sort(byRevision);
    const chosen = own[Math.floor(fault.strength * own.length)];
    if (chosen === undefined) return null;
    return insist(world, machine, () => ({ kind: 'goBack', snapshotId: chosen.id, lineage }));
  },
  'operator-rebuild': (world, fault) => loseMajority(world, fault),
  'operator-approve': (world, fault) => {
    const machine = machineOf(world, fault);
    return insist(world, machine, () => {
      const [newest] = world.store?.entries ?? [];
      const snapshotId = fault.strength < 0.5 ? null : (newest?.id ?? null);
      return { kind: 'approve', snapshotId, lineage: null };
    });
  },
};

function onStore(act: (store: SimulatedStore, fault: DrawnFault) => (() => void) | null): Inject {
  return ({ store }, fault) => (store === null ? null : act(store, fault));
}

/** Bytes rot, or are what no etcd here can use: the newest, or the newest three. */
function spoil(store: SimulatedStore, { strength }: DrawnFault): (() => void) | null {
  const newest = store.entries.filter(isE2dEntry).slice(0, strength < 0.7 ? 1 : 3);
  for (const { id, record } of newest) {
    const data = store.objects.get(dataKey(id));
    const body = store.objects.get(recordKey(id));
    if (data?.kind !== 'data' || body?.kind !== 'record') continue;
    ailments[Math.floor(strength * 10 * ailments.length) % ailments.length]?.(data, body, record);
  }
  store.changed();
  return newest.length === 0 ? null : nothing;
}

type Body<Kind extends StoredBody['kind']> = Extract<StoredBody, { readonly kind: Kind }>;
type Ailment = (data: Body<'data'>, record: Body<'record'>, was: SnapshotRecord) => void;

const ailments: readonly Ailment[] = [
  (data) => {
    data.damage = 'flipped';
  },
  (data) => {
    data.damage = 'truncated';
    data.sizeBytes = Math.floor(data.sizeBytes / 2);
  },
  (data) => {
    data.damage = 'emptied';
    data.sizeBytes = 0;
  },
  (_, body, was) => {
    body.record = { ...was, etcdVersion: '3.99.0' };
  },
  (_, body, was) => {
    body.record = { ...was, encryptionKeyId: 'a-key-that-is-lost' };
  },
];

/** Another cluster’s snapshot, an etcd-manager’s, or the one object of the first e2d. */
function putForeign(store: SimulatedStore, world: World, { strength, atMs }: DrawnFault): void {
  const takenAt = '2026-01-01T00:00:30Z';
  const name = `2026-01-01T00:00:30Z-000000999999-${String(Math.floor(atMs)).padStart(6, '0')}`;
  if (strength >= 0.5) return void putOtherCluster(store, world, { id: name, takenAt });
  const id = strength < 0.25 ? 'etcd.snapshot' : `m-${name}`;
  const entry = { id, takenAt, storedBytes: sizeOf(foreignContent) };
  store.putForeign(
    strength < 0.25
      ? { ...entry, kind: 'single' }
      : { ...entry, kind: 'etcd-manager', etcdVersion: '3.6.5' },
  );
  store.put(dataKey(id), foreignData);
}

const foreignContent = sealed({
  clusterId: 'f0f0',
  revision: 999_999,
  keys: [['theirs', { value: '1', createRevision: 2, modRevision: 2, leaseId: null }]],
  leases: [],
  writes: ['theirs\n1'],
});

const foreignData: StoredBody = {
  kind: 'data',
  keyspace: foreignContent,
  sizeBytes: sizeOf(foreignContent),
  damage: null,
};

/** The snapshot of a cluster of which nobody here has heard, with all that belongs to it. */
function putOtherCluster(
  store: SimulatedStore,
  { machines }: World,
  { id, takenAt }: { readonly id: string; readonly takenAt: string },
): void {
  const stored = { sizeBytes: sizeOf(foreignContent), sha256: foreignContent.sha256 };
  const record: SnapshotRecord = {
    version: 1,
    id,
    takenAt,
    lineage: foreignLineage,
    parent: null,
    revision: foreignContent.revision,
    raftTerm: 9,
    raftIndex: 999_999,
    members: [],
    requiredSize: machines.length,
    etcdVersion: '3.6.14',
    e2dVersion: '0.0.0',
    stored,
    content: stored,
    compression: 'none',
    encryptionKeyId: null,
    hashKv: null,
    retention: { allMs: 1, hourlyMs: 1, dailyMs: 1, count: null },
    trigger: 'interval',
  };
  store.put(`${id}/e2d.begun.json`, { kind: 'begun' });
  store.put(dataKey(id), foreignData);
  store.put(recordKey(id), { kind: 'record', record });
  store.put(`${id}/_etcd_backup.meta`, { kind: 'meta' });
}

/** Most machines are lost with their disks; an operator rebuilds from one that is left. */
function loseMajority(world: World, fault: DrawnFault): (() => void) | null {
  const { machines } = world;
  const survivor = machineOf(world, fault);
  const lineage = survivor.identity?.lineage ?? null;
  if (machines.length === 1 || lineage === null || survivor.disk.state !== 'readable') return null;
  const lost = machines.filter((machine) => machine !== survivor);
  const starts = lost.map((machine) => {
    const start = machine.powerOff();
    world.noteLoss(machine);
    machine.disk.wipe();
    machine.identity = null;
    return start;
  });
  const giveUp = insist(world, survivor, () => ({ kind: 'rebuild', snapshotId: null, lineage }));
  return () => {
    giveUp();
    for (const start of starts) start();
  };
}

/** Gives an order as soon as it is not refused, once; until it is called back. */
function insist(world: World, machine: SimulatedMachine, orderOf: () => RestoreOrder): () => void {
  let isOver = false;
  const attempt = () => {
    if (isOver) return;
    isOver = give(world, machine, orderOf());
    if (!isOver) world.time.setTimeout(attempt, patienceMs);
  };
  attempt();
  return () => {
    isOver = true;
  };
}

function give(world: World, { life, name }: SimulatedMachine, order: RestoreOrder): boolean {
  if (life === null || !life.time.isRunning) return false;
  const { driver } = life.node;
  const event = { type: 'operator.restore.requested', order } as const;
  if (refuseOrder(driver.snapshot.context, order) !== null) return false;
  if (!driver.snapshot.can(event)) return false;
  world.happened({ kind: 'ordered', machine: name, order });
  driver.send(event);
  return true;
}

function machineOf({ machines }: World, { machines: [first = 0] }: DrawnFault): SimulatedMachine {
  const machine = machines[first % machines.length];
  if (machine === undefined) throw new Error(`there is no machine ${first}`);
  return machine;
}
