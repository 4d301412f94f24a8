import { AcknowledgedWrites } from './checkers/acknowledged-writes.ts';
import type { Checker, Violation } from './checkers/checker.ts';
import { Liveness } from './checkers/liveness.ts';
import { MemberChanges } from './checkers/member-changes.ts';
import { NewLineage } from './checkers/new-lineage.ts';
import { OneLineage } from './checkers/one-lineage.ts';
import { OwnDataKept } from './checkers/own-data.ts';
import { Reasons } from './checkers/reasons.ts';
import { Replay } from './checkers/replay.ts';
import { Restores } from './checkers/restores.ts';
import { StoreKept } from './checkers/store-kept.ts';
import { Client } from './client.ts';
import { Coverage, type CoverageData } from './coverage.ts';
import { durationMs, healAtMs, type Scenario } from './draw.ts';
import { type Fault, type FaultKind, inject } from './faults.ts';
import { Trace } from './trace.ts';
import { World, type WorldWatcher } from './world.ts';

/** How a seed came out. */
export interface ScenarioResult {
  readonly seed: number;
  readonly size: number;
  /** Of everything that happened: the same seed gives the same, everywhere. */
  readonly traceHash: string;
  readonly violations: readonly Violation[];
  /** How many faults of each kind were injected. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly virtualMs: number;
  /** Steps of charts. */
  readonly steps: number;
  readonly acknowledged: number;
  /** Whether the whole cluster was well at the end; else every node waits by a rule. */
  readonly isWell: boolean;
  /** How each node that is not well stands at the end, and what it waits for. */
  readonly stands: readonly string[];
  /** The last transitions, one a line. */
  readonly tail: readonly string[];
  readonly coverage: CoverageData;
}

const lookEveryMs = 250;

/** Runs a scenario from its first start to its verdict. */
export async function runScenario(scenario: Scenario): Promise<ScenarioResult> {
  const { seed, draft, faults } = scenario;
  const trace = new Trace();
  const coverage = new Coverage();
  const liveness = new Liveness();
  const changes = new MemberChanges(draft, () => world);
  const checkers: readonly Checker[] = [
    new AcknowledgedWrites(),
    new OneLineage(),
    changes,
    new OwnDataKept(),
    new Restores(() => world),
    new StoreKept(() => world),
    new NewLineage(),
    new Reasons(),
    new Replay(coverage),
    liveness,
  ];
  const world = new World(seed, draft, [trace, watcherOf(checkers)]);
  const injected = scheduleFaults(world, faults, trace);
  const client = new Client(world, world.random.fork());
  for (const machine of world.machines) {
    world.time.setTimeout(() => machine.startE2d(), world.random.integer(0, 2_000));
  }
  const look = () => {
    for (const checker of checkers) checker.look?.(world);
    world.time.setTimeout(look, lookEveryMs);
  };
  look();
  await world.time.runUntil(durationMs);
  for (const checker of checkers) checker.finish?.(world);
  trace.note(world, `${client.acknowledged.length} acknowledged, ${client.failures} not`);
  return {
    seed,
    size: draft.size,
    traceHash: trace.digest(),
    violations: checkers.flatMap(({ violations }) => violations),
    faults: injected,
    virtualMs: durationMs,
    steps: trace.steps,
    acknowledged: client.acknowledged.length,
    isWell: liveness.isWell,
    stands: liveness.stands,
    tail: trace.tail,
    coverage: coverage.data(),
  };
}

/** Has each fault begin and end at its time; at the latest at the healing. */
function scheduleFaults(
  world: World,
  faults: readonly Fault[],
  trace: Trace,
): Partial<Record<FaultKind, number>> {
  const injected: Partial<Record<FaultKind, number>> = {};
  for (const fault of faults) {
    world.time.setTimeout(() => {
      const end = inject(world, fault);
      const machines = fault.machines.map((index) => world.machines[index]?.name).join(', ');
      trace.note(world, `fault ${fault.kind} of ${machines}${end === null ? ': not now' : ''}`);
      if (end === null) return;
      injected[fault.kind] = (injected[fault.kind] ?? 0) + 1;
      const forMs = Math.min(fault.forMs, healAtMs - fault.atMs);
      world.time.setTimeout(() => {
        trace.note(world, `end of ${fault.kind} of ${machines}`);
        end();
      }, forMs);
    }, fault.atMs);
  }
  return injected;
}

function watcherOf(checkers: readonly Checker[]): WorldWatcher {
  return {
    lifeBegan: (life) => {
      for (const checker of checkers) checker.lifeBegan?.(life);
    },
    stepped: (life, entry) => {
      for (const checker of checkers) checker.stepped?.(life, entry);
    },
    happened: (deed) => {
      for (const checker of checkers) checker.happened?.(deed);
    },
    configChanged: (event) => {
      for (const checker of checkers) checker.configChanged?.(event);
    },
  };
}
