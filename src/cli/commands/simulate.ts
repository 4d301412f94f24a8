import { writeFile } from 'node:fs/promises';
import { runCampaign } from '../../simulation/campaign.ts';
import { Coverage, type CoverageData } from '../../simulation/coverage.ts';
import { type CampaignFigures, renderCoveragePage } from '../../simulation/coverage-page.ts';
import { drawScenario } from '../../simulation/draw.ts';
import type { FaultKind } from '../../simulation/faults.ts';
import { failureLines, faultLines } from '../../simulation/report-failure.ts';
import { runScenario, type ScenarioResult } from '../../simulation/run-scenario.ts';
import { shrink } from '../../simulation/shrink.ts';
import type { Invocation } from '../command.ts';
import { isOn, ownFlag, refuseBadFlags } from '../own-flags.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const seed = ownFlag('seed', invocation) as number | undefined;
  return seed === undefined ? runMany(invocation) : runOne(seed, invocation);
}

async function runOne(seed: number, invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const scenario = drawScenario(seed);
  const result = await runScenario(scenario);
  if (isOn('json', invocation)) {
    const plain = { ...result, coverage: withoutSamples(result.coverage) };
    terminal.out(`${JSON.stringify(plain, null, 2)}\n`);
  } else {
    terminal.out(`${[`Faults of seed ${seed}:`, ...faultLines(scenario.faults), ''].join('\n')}`);
    terminal.out(
      `${(hasFailed(result) ? failureLines(result) : [sentenceOf(result)]).join('\n')}\n`,
    );
  }
  if (!hasFailed(result)) return 0;
  if (isOn('shrink', invocation)) await shrinkAndTell(result, terminal);
  return 1;
}

/** Samples of the chart are for the page of what was reached, and large. */
function withoutSamples({ samples: _, ...counts }: CoverageData): Omit<CoverageData, 'samples'> {
  return counts;
}

function sentenceOf({
  seed,
  size,
  traceHash,
  steps,
  acknowledged,
  isWell,
}: ScenarioResult): string {
  const end = isWell ? 'the cluster is well' : 'every node says by which rule it waits';
  return `Seed ${seed} holds: ${size} nodes, ${steps} steps, ${acknowledged} writes acknowledged; ${end} (trace ${traceHash}).`;
}

async function shrinkAndTell(failed: ScenarioResult, terminal: Terminal): Promise<void> {
  const { scenario, result, runs } = await shrink(drawScenario(failed.seed), failed, {
    onRun: (left) => {
      if (terminal.errIsTerminal) terminal.err(`\r${left} faults left `);
    },
  });
  if (terminal.errIsTerminal) terminal.err('\r\u001b[K');
  const lines = [
    `After ${runs} runs ${scenario.faults.length} faults are left that break the same rule:`,
    ...faultLines(scenario.faults),
    ...failureLines(result).slice(1, -1),
    'As an entry of test/simulation/corpus.json:',
    JSON.stringify(scenario),
  ];
  terminal.out(`${lines.join('\n')}\n`);
}

async function runMany(invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const count = ownFlag('seeds', invocation) as number;
  const from = ownFlag('from', invocation) as number;
  const seeds = Array.from({ length: count }, (_, index) => from + index);
  const sum = new Sum(seeds.length, terminal);
  const startedMs = performance.now();
  await runCampaign({ seeds, onResult: (result) => sum.add(result) });
  const tookMs = performance.now() - startedMs;
  const coverageFile = ownFlag('coverage', invocation) as string | undefined;
  if (coverageFile !== undefined) {
    const command = `npm run simulate -- --seeds ${count} --from ${from} --coverage ${coverageFile}`;
    await writeFile(coverageFile, renderCoveragePage(sum.figures(), command));
  }
  if (isOn('json', invocation)) terminal.out(`${JSON.stringify(sum.json(), null, 2)}\n`);
  else terminal.out(sum.text(tookMs));
  return sum.failed.length > 0 ? 1 : 0;
}

function hasFailed({ violations }: ScenarioResult): boolean {
  return violations.length > 0;
}

/** What the seeds of a campaign add up to; it tells of each failure as it comes. */
class Sum {
  readonly failed: ScenarioResult[] = [];
  readonly #all: Pick<ScenarioResult, 'seed' | 'size' | 'traceHash' | 'isWell' | 'violations'>[] =
    [];
  readonly #coverage = new Coverage();
  readonly #faults = new Map<FaultKind, number>();
  readonly #terminal: Terminal;
  readonly #wanted: number;
  #virtualMs = 0;
  #well = 0;

  constructor(wanted: number, terminal: Terminal) {
    this.#wanted = wanted;
    this.#terminal = terminal;
  }

  add(result: ScenarioResult): void {
    const { seed, size, traceHash, isWell, violations } = result;
    this.#all.push({ seed, size, traceHash, isWell, violations });
    this.#coverage.add(result.coverage);
    this.#virtualMs += result.virtualMs;
    if (isWell) this.#well += 1;
    for (const [kind, times] of Object.entries(result.faults) as [FaultKind, number][]) {
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + times);
    }
    if (hasFailed(result)) {
      this.failed.push(result);
      this.#terminal.err(`${failureLines(result).join('\n')}\n`);
    }
    this.#progress();
  }

  figures(): CampaignFigures {
    return {
      seeds: this.#all.length,
      virtualMs: this.#virtualMs,
      faults: Object.fromEntries(this.#faults),
      coverage: this.#coverage.data(),
    };
  }

  json() {
    const seeds = this.#all.toSorted((a, b) => a.seed - b.seed);
    const { coverage, ...figures } = this.figures();
    return {
      ...figures,
      failed: this.failed.length,
      coverage: withoutSamples(coverage),
      results: seeds,
    };
  }

  text(tookMs: number): string {
    const hours = (this.#virtualMs / 3_600_000).toFixed(1);
    const faults = [...this.#faults].sort(([a], [b]) => a.localeCompare(b));
    return [
      `${this.#all.length} seeds, ${hours} virtual hours in ${(tookMs / 1_000).toFixed(1)} s (${Math.round(this.#virtualMs / tookMs)} times real time).`,
      `${this.#well} clusters were well at the end, in ${this.#all.length - this.#well - this.failed.length} every node said by which rule it waits, ${this.failed.length} failed${this.failed.length === 0 ? '' : `: ${this.failed.map(({ seed }) => seed).join(', ')}`}.`,
      '',
      ...table(
        ['FAULT', 'INJECTED'],
        faults.map(([kind, times]) => [kind, String(times)]),
      ),
      '',
    ].join('\n');
  }

  #progress(): void {
    const done = this.#all.length;
    const line = `${done} of ${this.#wanted} seeds, ${this.failed.length} failed`;
    if (this.#terminal.errIsTerminal) {
      this.#terminal.err(done === this.#wanted ? '\r\u001b[K' : `\r${line} `);
    } else if (done % 500 === 0) this.#terminal.err(`${line}\n`);
  }
}
