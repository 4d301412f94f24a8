import { onTestFinished, test } from 'vitest';
import { fileShelf } from '../../support/shelf.ts';
import { WholeLife } from '../../support/whole-life.ts';

test.each([
  { size: 1, tls: {} },
  { size: 3, tls: {} },
  { size: 5, tls: { separatePeers: true } },
])('a cluster of $size lives its whole life over TLS: $tls', async ({ size, tls }) => {
  const { shelf, remove } = fileShelf();
  onTestFinished(remove);
  const life = new WholeLife(shelf, { size, tls });
  onTestFinished(() => life.cluster.destroy());
  await life.bootstraps();
  await life.adopts();
  await life.survivesKillOfEtcd();
  if (size > 1) {
    await life.replacesLostDisk('follower');
    await life.replacesLostDisk('leader');
    await life.replacesLostNode();
  }
  await life.survivesLossOfPower();
  await life.restarts();
  await life.returnsFromTotalLoss();
});
