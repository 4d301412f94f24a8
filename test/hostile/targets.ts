import type { Target } from './fuzz.ts';
import { catalogueTargets } from './targets/catalogue.ts';
import { configTargets } from './targets/config.ts';
import { controlTargets } from './targets/control.ts';
import { etcdTargets } from './targets/etcd.ts';
import { etcdValueTargets } from './targets/etcd-values.ts';
import { gossipTargets } from './targets/gossip.ts';
import { inspectPageTargets } from './targets/inspect-page.ts';
import { journalTargets } from './targets/journal.ts';
import { pkiTargets } from './targets/pki.ts';
import { remoteControlTargets } from './targets/remote-control.ts';
import { snapshotTargets } from './targets/snapshots.ts';
import { stateTargets } from './targets/state.ts';
import { storeTargets } from './targets/store.ts';

/** Every reader of what others wrote or sent. */
export const targets: readonly Target[] = [
  ...gossipTargets,
  ...controlTargets,
  ...remoteControlTargets,
  ...inspectPageTargets,
  ...snapshotTargets,
  ...catalogueTargets,
  ...storeTargets,
  ...configTargets,
  ...journalTargets,
  ...stateTargets,
  ...etcdTargets,
  ...etcdValueTargets,
  ...pkiTargets,
];
