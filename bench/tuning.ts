import { readFileSync } from 'node:fs';
import { TestCluster } from '../test/support/cluster.ts';

/** What could make one etcd faster than another without any manager's doing. */
const tuning =
  /^--(heartbeat-interval|election-timeout|pre-vote|initial-election-tick-advance|snapshot-count|backend-[a-z-]+|unsafe-no-fsync|max-[a-z-]+)=/;

/**
 * The tuning flags that e2d gives to etcd, read from a running one's command line, so that the
 * reference runs with the very same.
 */
export async function tuningOfE2d(): Promise<readonly string[]> {
  const cluster = new TestCluster({ size: 1, defaultTimeouts: true });
  try {
    await cluster.startHealthy();
    const argv = readFileSync(`/proc/${cluster.node(0).etcdPid}/cmdline`, 'utf8').split('\0');
    return argv.filter((argument) => tuning.test(argument));
  } finally {
    await cluster.destroy();
  }
}
