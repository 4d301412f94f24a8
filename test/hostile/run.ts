import { parseArgs } from 'node:util';
import { type Count, fuzz, type Target } from './fuzz.ts';
import { targets } from './targets.ts';

/**
 * Feeds readers of outside input with changed inputs for as long as it is told to.
 *
 *   npm run fuzz -- [--minutes=N] [--seed=S] [--only=INDEX] [TARGET ...]
 *
 * The minutes (1 unless given) are shared by all targets, or those whose names hold one of the
 * texts. Exits 1 when one breaks; the same seed and `--only` with the index that is printed do it
 * again.
 */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(process.hrtime.bigint() % 2n ** 32n) },
      only: { type: 'string' },
    },
    allowPositionals: true,
  });
  const chosen = choose(positionals);
  const seed = Number(values.seed);
  const durationMs = (Number(values.minutes) * 60_000) / chosen.length;
  process.stdout.write(`seed ${seed}, ${(durationMs / 1000).toFixed(1)} s for each target\n`);
  const only = values.only === undefined ? {} : { only: Number(values.only) };
  const budget = { seed, inputs: Number.MAX_SAFE_INTEGER, durationMs, ...only };
  let broken = 0;
  for (const target of chosen) {
    try {
      process.stdout.write(`${lineOf(await fuzz(target, budget))}\n`);
    } catch (error) {
      broken += 1;
      process.stdout.write(`BROKEN ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  return broken === 0 ? 0 : 1;
}

function choose(texts: readonly string[]): readonly Target[] {
  const chosen = targets.filter(
    ({ name }) => texts.length === 0 || texts.some((text) => name.includes(text)),
  );
  if (chosen.length === 0) throw new Error(`no target is called ${texts.join(', ')}`);
  return chosen;
}

function lineOf({ name, inputs, taken, slowestMs }: Count): string {
  const counts = `${String(inputs).padStart(9)} inputs, ${String(taken).padStart(9)} taken`;
  return `${name.padEnd(26)}${counts}, slowest ${slowestMs.toFixed(1)} ms`;
}

process.exitCode = await main(process.argv.slice(2));
