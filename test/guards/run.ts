import { eachCatcher, type Guard } from './guard.ts';
import { guards } from './guards.ts';
import { proveGuards } from './prove.ts';
import { writeTable } from './table.ts';

/**
 * Takes out each guard of the safety rules, and looks whether its test notices.
 *
 *   tsx test/guards/run.ts [ID or RULE ...]
 *   tsx test/guards/run.ts --seeds=N [ID or RULE ...]
 *   tsx test/guards/run.ts --write
 *
 * Exits 1 when a guard is not proven, or a test fails with all guards in place. `--seeds` looks
 * instead which of the simulation's seeds 1 to N notice, and `--write` only writes docs/guards.md.
 */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--write')) {
    writeTable();
    return 0;
  }
  const seeds = Number(args.find((arg) => arg.startsWith('--seeds='))?.slice('--seeds='.length));
  const chosen = choose(args.filter((arg) => !arg.startsWith('--')));
  return seeds > 0 ? await findSeeds(chosen, seeds) : await prove(chosen);
}

function choose(names: readonly string[]): readonly Guard[] {
  const unknown = names.filter((name) => !guards.some(({ id, rule }) => [id, rule].includes(name)));
  if (unknown.length > 0) throw new Error(`no guard has the id or rule ${unknown.join(', ')}`);
  return guards.filter(({ id, rule }) => names.length === 0 || [id, rule].some(isIn(names)));
}

function isIn(names: readonly string[]): (name: string) => boolean {
  return (name) => names.includes(name);
}

async function prove(chosen: readonly Guard[]): Promise<number> {
  const startMs = performance.now();
  const { baseline, proofs } = await proveGuards(chosen.flatMap(eachCatcher));
  for (const { guard, doubt } of proofs) {
    process.stdout.write(`${doubt === null ? 'proven  ' : 'SURVIVES'} ${guard.id}\n`);
  }
  const doubts = proofs.flatMap(({ guard, doubt }) => (doubt === null ? [] : [{ guard, doubt }]));
  for (const problem of baseline) process.stderr.write(`with all guards in place: ${problem}\n`);
  for (const { guard, doubt } of doubts) {
    process.stderr.write(`${guard.id} (${guard.guard}, ${guard.file}): ${doubt}\n`);
  }
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  const proven = proofs.length - doubts.length;
  process.stdout.write(
    `${proven} of ${proofs.length} proofs hold, of ${chosen.length} guards, in ${seconds} s.\n`,
  );
  return baseline.length + doubts.length > 0 ? 1 : 0;
}

/** Prints, guard by guard, the seeds that notice that it is gone. */
async function findSeeds(chosen: readonly Guard[], count: number): Promise<number> {
  const seeds = Array.from({ length: count }, (_, at) => at + 1);
  for (const guard of chosen) {
    const tries = seeds.map((seed) => ({
      ...guard,
      id: `${guard.id}@${seed}`,
      caughtBy: { seed },
    }));
    const { baseline, proofs } = await proveGuards(tries);
    const found = seeds.filter((_, at) => proofs[at]?.doubt === null);
    const said = found.length === 0 ? 'none' : found.join(' ');
    process.stdout.write(`${guard.id}: ${said}${baseline.length > 0 ? `; ${baseline[0]}` : ''}\n`);
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}
