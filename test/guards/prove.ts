import type { TestModule } from 'vitest/node';
import { startVitest } from 'vitest/node';
import { projectFolder } from '../architecture/project-files.ts';
import { catcherOf, type Guard } from './guard.ts';
import { TakeOut } from './take-out-plugin.ts';
import { baselineDoubts, doubtOf, type Observed } from './verdict.ts';

/** A guard and why it is not proven; null when it is. */
export interface Proof {
  readonly guard: Guard;
  readonly doubt: string | null;
}

export interface Proofs {
  /** What is wrong with the tests while every guard is in place. */
  readonly baseline: readonly string[];
  readonly proofs: readonly Proof[];
}

const baselineOf = (seed: number | null) => (seed === null ? 'baseline' : `baseline ${seed}`);

/**
 * Runs, for each guard, the test that is to notice that it is gone, and all of these tests with
 * everything in place. One run of vitest, in which each guard is a project of its own.
 */
export async function proveGuards(guards: readonly Guard[]): Promise<Proofs> {
  const takeOuts = new Map(guards.map((guard) => [guard, new TakeOut(guard)]));
  const tests = [...new Set(guards.map((guard) => catcherOf(guard).test))];
  const vitest = await startVitest('test', [], {
    root: projectFolder,
    config: false,
    watch: false,
    reporters: [{}],
    maxWorkers: 2,
    testNamePattern: new RegExp(tests.map(literally).join('|')),
    projects: [
      ...baselineProjects(guards),
      ...[...takeOuts].map(([guard, { plugin }]) => ({
        plugins: [plugin],
        test: projectOf(guard.id, [catcherOf(guard).file], seedOf(guard)),
      })),
    ],
  });
  const modules = vitest.state.getTestModules();
  await vitest.close();
  const inProject = (name: string) => modules.filter(({ project }) => project.name === name);
  const baseline = modules.filter(({ project }) => project.name.startsWith('baseline'));
  return {
    baseline: baselineDoubts(guards, observe(baseline)),
    proofs: [...takeOuts].map(([guard, { isDone }]) => ({
      guard,
      doubt: doubtOf(guard, { ...observe(inProject(guard.id)), isTakenOut: isDone }),
    })),
  };
}

/** One for all tests, and one for each seed. */
function baselineProjects(guards: readonly Guard[]) {
  const seeds = new Set(guards.map(seedOf));
  return [...seeds].map((seed) => {
    const files = guards.filter((guard) => seedOf(guard) === seed).map(catcherOf);
    const name = baselineOf(seed);
    return { test: projectOf(name, [...new Set(files.map(({ file }) => file))], seed) };
  });
}

function projectOf(name: string, include: readonly string[], seed: number | null) {
  return {
    name,
    include: [...include],
    testTimeout: 30_000,
    env: seed === null ? {} : { E2D_GUARD_SEED: String(seed) },
  };
}

/** A pattern that matches this text and nothing else. */
function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function seedOf({ caughtBy }: Guard): number | null {
  return 'seed' in caughtBy ? caughtBy.seed : null;
}

function observe(modules: readonly TestModule[]): Omit<Observed, 'isTakenOut'> {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const named = (state: string) =>
    tests.filter((test) => test.result().state === state).map(({ fullName }) => fullName);
  return {
    broken: modules.flatMap((module) =>
      module.errors().map(({ message }) => `${module.relativeModuleId}: ${message}`),
    ),
    passed: named('passed'),
    failed: named('failed'),
  };
}
