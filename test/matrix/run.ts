import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { EtcdBinaries } from '../../src/etcd/binaries/etcd-binaries.ts';
import { progressLines } from '../../src/etcd/binaries/progress-lines.ts';
import { type Candidate, obtain } from './versions.ts';

/**
 * Runs the lifecycle tests against each version of etcd that can be got here.
 *
 *   tsx test/matrix/run.ts [--obtain-only | --tests=PATH] [VERSION ...]
 *
 * Exits 1 when tests failed with some version, or no version could be got at all.
 */
const defaultVersions = ['3.4', '3.5', '3.6'];
const lifecycleTests = 'test/integration/lifecycle';

type Outcome = 'passed' | 'failed' | 'ready';

async function main(args: readonly string[]): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const obtainOnly = args.includes('--obtain-only');
  const tests = args.find((arg) => arg.startsWith('--tests='))?.slice('--tests='.length);
  const named = args.filter((arg) => !arg.startsWith('--'));
  const write = (text: string) => process.stdout.write(text);
  const onProgress = progressLines({ isTerminal: process.stdout.isTTY, write });
  const rows: { candidate: Candidate; outcome: Outcome | null }[] = [];
  for (const wanted of named.length > 0 ? named : defaultVersions) {
    write(`\n# etcd ${wanted}\n`);
    const candidate = await obtain(wanted, { signal: stop.signal, onProgress });
    const { binaries } = candidate;
    if (binaries === null) rows.push({ candidate, outcome: null });
    else if (obtainOnly) rows.push({ candidate, outcome: 'ready' });
    else
      rows.push({
        candidate,
        outcome: await testWith(binaries, tests ?? lifecycleTests, stop.signal),
      });
  }
  write(`\n${rows.map(({ candidate, outcome }) => lineOf(candidate, outcome)).join('\n')}\n`);
  const tested = rows.filter(({ outcome }) => outcome !== null);
  return tested.length > 0 && tested.every(({ outcome }) => outcome !== 'failed') ? 0 : 1;
}

async function testWith(
  binaries: EtcdBinaries,
  tests: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const vitest = createRequire(import.meta.url).resolve('vitest/package.json');
  const script = join(dirname(vitest), 'vitest.mjs');
  const env = { ...process.env, E2D_ETCD_BIN_DIR: binaries.dir };
  const args = [script, 'run', '--project', 'real', tests];
  const child = spawn(process.execPath, args, { env, stdio: 'inherit' });
  // Vitest ends its own workers when it is told to stop.
  signal.addEventListener('abort', () => child.kill('SIGINT'), { once: true });
  const [code] = await once(child, 'exit');
  signal.throwIfAborted();
  return code === 0 ? 'passed' : 'failed';
}

function lineOf(candidate: Candidate, outcome: Outcome | null): string {
  if (candidate.binaries === null) {
    return `etcd ${candidate.wanted}: not tested, ${candidate.reasons.join('; ')}`;
  }
  const { version, source, dir } = candidate.binaries;
  return `etcd ${version}: ${outcome} (${source ?? dir})`;
}

process.exitCode = await main(process.argv.slice(2));
