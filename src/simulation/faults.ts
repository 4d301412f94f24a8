import type { DrawnFault } from './drawn-fault.ts';
import type { Links } from './links.ts';
import { recoveryFaults, recoveryKinds } from './recovery-faults.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import type { World } from './world.ts';

/** Every kind of fault that a seed may draw. */
export const faultKinds = [
  'message-loss',
  'message-delay',
  'message-duplication',
  'message-reordering',
  'partition-halves',
  'partition-isolated',
  'partition-pair',
  'partition-one-way',
  'crash-e2d',
  'crash-etcd',
  'crash-both',
  'crash-at-effect',
  'power-cycle',
  'pause-e2d',
  'pause-etcd',
  'pause-both',
  'loop-stall',
  'disk-lost',
  'disk-corrupt',
  'disk-full',
  'disk-slow',
  'clock-jump',
  'clock-drift',
  'answers-lost',
  'answers-late',
  'result-twice',
  'operator-stop',
  'operator-hurry',
  'machine-away',
  'effects-fail',
  'etcd-refuses',
  'wrong-size',
  'disaster',
  ...recoveryKinds,
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface Fault extends DrawnFault {
  readonly kind: FaultKind;
}

/** Begins a fault, and gives back what ends it; null when it could not be done just then. */
type Inject = (world: World, fault: Fault) => (() => void) | null;

export function inject(world: World, fault: Fault): (() => void) | null {
  return injections[fault.kind](world, fault);
}

const nothing = () => undefined;

const refusals = ['bad-flags', 'newer-data', 'port-taken', 'data-dir-permissions'] as const;

const injections: Readonly<Record<FaultKind, Inject>> = {
  'message-loss': weather(({ strength }) => ({ lossRate: 0.05 + strength * 0.45 })),
  'message-delay': weather(({ strength }) => ({ latencyMs: 5 + strength * 400 })),
  'message-duplication': weather(({ strength }) => ({ duplicateRate: 0.1 + strength * 0.8 })),
  'message-reordering': weather(({ strength }) => ({ jitterMs: 20 + strength * 500 })),
  'partition-halves': (world, { machines }) => {
    const some = addressesOf(world, machines);
    const rest = allAddresses(world).filter((address) => !some.includes(address));
    return both(world.links.cut(some, rest), world.links.cut(rest, some));
  },
  'partition-isolated': (world, fault) => {
    const one = [machineOf(world, fault).address];
    const rest = allAddresses(world).filter((address) => !one.includes(address));
    return both(world.links.cut(one, rest), world.links.cut(rest, one));
  },
  'partition-pair': (world, { machines }) => {
    const [one = '', other = ''] = addressesOf(world, machines);
    return both(world.links.cut([one], [other]), world.links.cut([other], [one]));
  },
  'partition-one-way': (world, fault) => {
    const one = [machineOf(world, fault).address];
    const rest = allAddresses(world).filter((address) => !one.includes(address));
    return fault.strength < 0.5 ? world.links.cut(one, rest) : world.links.cut(rest, one);
  },
  'crash-e2d': onMachine((machine) => {
    machine.killE2d();
    return nothing;
  }),
  'crash-etcd': onMachine((machine) => {
    machine.killEtcd();
    return nothing;
  }),
  'crash-both': onMachine((machine) => {
    machine.killE2d();
    machine.killEtcd();
    return nothing;
  }),
  'crash-at-effect': onMachine((machine, { strength }) => {
    const when = strength < 0.5 ? 'before' : 'after';
    machine.crashPoint = { left: 1 + Math.floor(((strength * 2) % 1) * 4), when };
    return () => {
      machine.crashPoint = null;
    };
  }),
  'power-cycle': (world) => {
    const starts = world.machines.map((machine) => machine.powerOff());
    return both(...starts);
  },
  'pause-e2d': onMachine((machine) => machine.pauseE2d()),
  'pause-etcd': onMachine((machine) => machine.pauseEtcd()),
  'pause-both': onMachine((machine) => both(machine.pauseE2d(), machine.pauseEtcd())),
  'loop-stall': onMachine((machine, { strength }) => {
    const resume = machine.pauseE2d();
    machine.world.time.setTimeout(resume, 300 + strength * 4_000);
    return resume;
  }),
  'disk-lost': (world, fault) => loseDisk(world, fault, (disk) => disk.wipe()),
  'disk-corrupt': (world, fault) => loseDisk(world, fault, (disk) => disk.corrupt()),
  'disk-full': onMachine((machine) => {
    machine.disk.full = true;
    return () => {
      machine.disk.full = false;
    };
  }),
  'disk-slow': onMachine((machine, { strength }) => {
    machine.diskDelayMs = 50 + strength * 2_000;
    machine.disk.fsyncDelayMs = machine.diskDelayMs;
    return () => {
      machine.diskDelayMs = 0;
      machine.disk.fsyncDelayMs = 0;
    };
  }),
  'clock-jump': onMachine((machine, { strength }) => {
    machine.wallSkewMs += (strength - 0.5) * 7_200_000;
    if (machine.life !== null) machine.life.time.wallSkewMs = machine.wallSkewMs;
    return nothing;
  }),
  'clock-drift': onMachine((machine, { strength }) => {
    machine.clockRate = 0.9 + strength * 0.2;
    machine.killE2d();
    return () => {
      machine.clockRate = 1;
    };
  }),
  'answers-lost': onMachine((machine, { strength }) => {
    machine.answersLost = 0.1 + strength * 0.6;
    return () => {
      machine.answersLost = 0;
    };
  }),
  'answers-late': onMachine((machine, { strength }) => {
    machine.answersLate = 0.1 + strength * 0.6;
    return () => {
      machine.answersLate = 0;
    };
  }),
  'result-twice': onMachine((machine) => {
    machine.resultsTwice = true;
    return () => {
      machine.resultsTwice = false;
    };
  }),
  'effects-fail': onMachine((machine, { strength }) => {
    machine.effectsFail = 0.2 + strength * 0.6;
    return () => {
      machine.effectsFail = 0;
    };
  }),
  'etcd-refuses': onMachine((machine, { strength }) => {
    machine.killE2d();
    machine.killEtcd();
    machine.launchEnds = refusals[Math.floor(strength * refusals.length)] ?? 'bad-flags';
    return () => {
      machine.launchEnds = null;
      machine.killE2d();
    };
  }),
  'wrong-size': (world, fault) => {
    const machine = machineOf(world, fault);
    machine.wrongSize = world.machines.length === 3 ? 5 : 3;
    machine.killE2d();
    return () => {
      machine.wrongSize = null;
      machine.killE2d();
    };
  },
  disaster: (world, { machines }) => {
    const lost = world.machines.filter((_, index) => machines.includes(index));
    const starts = lost.map((machine) => {
      const start = machine.powerOff();
      world.noteLoss(machine);
      machine.disk.wipe();
      return start;
    });
    return both(...starts);
  },
  'operator-stop': onMachine((machine) => machine.stopService(false)),
  'operator-hurry': onMachine((machine) => machine.stopService(true)),
  'machine-away': onMachine((machine) => machine.powerOff()),
  ...recoveryFaults,
};

function weather(storm: (fault: Fault) => Parameters<Links['worsen']>[0]): Inject {
  return ({ links }, fault) => links.worsen(storm(fault));
}

function onMachine(act: (machine: SimulatedMachine, fault: Fault) => (() => void) | null): Inject {
  return (world, fault) => act(machineOf(world, fault), fault);
}

/** The machine stops, and comes back with its disk gone or damaged; its identity may be kept. */
function loseDisk(
  world: World,
  fault: Fault,
  lose: (disk: SimulatedMachine['disk']) => void,
): (() => void) | null {
  const machine = machineOf(world, fault);
  if (!world.maySpareDiskOf(machine)) return null;
  const start = machine.powerOff();
  machine.dataLost = true;
  machine.isDamageHidden = fault.strength > 0.5;
  lose(machine.disk);
  // In one of four cases the state dir was on the same disk.
  if (fault.strength < 0.25 && machine.disk.isEmpty) machine.identity = null;
  return start;
}

function both(...ends: readonly (() => void)[]): () => void {
  return () => {
    for (const end of ends) end();
  };
}

function machineOf(world: World, { machines: [first = 0] }: Fault): SimulatedMachine {
  const machine = world.machines[first % world.machines.length];
  if (machine === undefined) throw new Error(`there is no machine ${first}`);
  return machine;
}

function addressesOf({ machines }: World, indexes: readonly number[]): readonly string[] {
  return machines.filter((_, index) => indexes.includes(index)).map(({ address }) => address);
}

function allAddresses({ machines }: World): readonly string[] {
  return machines.map(({ address }) => address);
}
