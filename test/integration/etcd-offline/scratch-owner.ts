/** Starts a scratch etcd in the folder that it is told, says its number and stays until killed. */
import { join } from 'node:path';
import { startScratchEtcd } from '../../../src/etcd/offline/scratch-etcd.ts';
import { makeScratchFolder } from '../../../src/etcd/offline/scratch-folder.ts';
import { snapshotTool } from '../../../src/etcd/offline/snapshot-tool.ts';
import { binaries } from './snapshots.ts';

const [file = '', parentDir = '', deed] = process.argv.slice(2);
const { signal } = new AbortController();
const folder = await makeScratchFolder(parentDir);
const dataDir = join(folder, 'data');
await snapshotTool(binaries).restore({
  ...{ file, dataDir, name: 'a', peerUrl: 'http://127.0.0.1:2380', token: 't', signal },
  initialCluster: 'a=http://127.0.0.1:2380',
  integrity: 'trailer',
  bumpRevision: null,
});
const etcd = await startScratchEtcd({ binaries, folder, dataDir, name: 'a', signal });
process.stdout.write(`${etcd.pid}\n`);
if (deed === 'exit') process.exit(0);
setInterval(() => undefined, 1_000);
