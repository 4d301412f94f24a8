/** What e2d itself needs in a 3-node cluster that nobody uses: memory and CPU over 60 s. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { TestCluster } from '../test/support/cluster.ts';
import { printTable, runsOf } from './compare.ts';

const windowMs = 60_000;
const settlingMs = 15_000;
/** What Linux counts in /proc as one second, on every architecture that Node runs on. */
const ticksPerSecond = 100;

/** Each window gives three figures, one a node. */
const windows = runsOf(process.argv, 3);
const cluster = new TestCluster({ size: 3, defaultTimeouts: true });
const figures = { e2dMb: [] as number[], e2dCpu: [] as number[], etcdMb: [] as number[] };
const etcdCpu: number[] = [];
try {
  await cluster.startHealthy();
  await Promise.all(cluster.nodes.map((node) => node.isSettled()));
  await pause(settlingMs);
  const managers = cluster.nodes.map((node) => pidOf(node.e2dPid));
  const etcds = cluster.nodes.map((node) => node.etcdPid);
  for (let window = 0; window < windows; window += 1) {
    const before = [...managers, ...etcds].map(cpuSeconds);
    await pause(windowMs);
    const after = [...managers, ...etcds].map(cpuSeconds);
    const percent = after.map((seconds, index) => {
      return ((seconds - (before[index] ?? 0)) / (windowMs / 1_000)) * 100;
    });
    figures.e2dCpu.push(...percent.slice(0, managers.length));
    etcdCpu.push(...percent.slice(managers.length));
    figures.e2dMb.push(...managers.map(residentMb));
    figures.etcdMb.push(...etcds.map(residentMb));
    console.error(`window ${window + 1} of ${windows}: ${percent.map((one) => one.toFixed(2))}`);
  }
} finally {
  await cluster.destroy();
}

printTable([
  {
    measure: 'resident memory of e2d, idle (reference: its etcd)',
    unit: 'MB',
    e2d: figures.e2dMb,
    reference: figures.etcdMb,
    goal: 'at most 90 MB',
    met: (e2d) => e2d <= 90,
  },
  {
    measure: 'CPU of e2d over 60 idle seconds (reference: its etcd)',
    unit: '% of one core',
    e2d: figures.e2dCpu,
    reference: etcdCpu,
    goal: 'at most 1 %',
    met: (e2d) => e2d <= 1,
  },
]);

function pidOf(pid: number | null): number {
  if (pid === null) throw new Error('an e2d has ended');
  return pid;
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
}
