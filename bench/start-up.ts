/** How long `e2d version` and `e2d status` take, beside a Node that does nothing. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { TestCluster } from '../test/support/cluster.ts';
import { alternate, printTable, type Row, runsOf } from './compare.ts';

const run = promisify(execFile);
const main = resolve(import.meta.dirname, '../dist/src/cli/main.js');
const runs = runsOf(process.argv, 21);

async function millisecondsOf(...args: string[]): Promise<number> {
  const startedAt = performance.now();
  await run(process.execPath, args);
  return performance.now() - startedAt;
}

async function compare(command: string, ...args: string[]): Promise<Row> {
  await millisecondsOf(main, ...args);
  const figures = await alternate(runs, {
    e2d: () => millisecondsOf(main, ...args),
    reference: () => millisecondsOf('-e', '0'),
  });
  return {
    measure: `\`${command}\` beside \`node -e 0\``,
    unit: 'ms',
    ...figures,
    goal: 'at most 3 times',
    met: (e2d, reference) => e2d <= 3 * reference,
  };
}

const cluster = new TestCluster({ size: 1, defaultTimeouts: true });
try {
  await cluster.startHealthy();
  await cluster.node(0).isSettled();
  printTable([
    await compare('e2d version', 'version'),
    await compare('e2d status', 'status', '--data-dir', cluster.node(0).dataDir),
  ]);
} finally {
  await cluster.destroy();
}
