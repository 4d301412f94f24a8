import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { surveyDataDir } from '../../../src/etcd/data-dir/own-data.ts';
import { launchEtcd } from '../../../src/etcd/process/launch.ts';
import { launchOptions, Place, putAndGet } from './real-etcd.ts';

setInterval(() => undefined, 1000);
const count: Record<string, number> = {};
for (let i = 0; i < 70; i++) {
  const place = new Place();
  const options = await launchOptions(place);
  const e = await launchEtcd(options);
  await pause(8 + (i % 35));
  process.kill(e.pid, 'SIGKILL');
  await e.exited;
  const s = await surveyDataDir(place.dataDir);
  if (s.abandonedStart) {
    const k = existsSync(join(place.dataDir, 'member/wal')) ? 'wal-unused' : 'no-wal';
    if ((count[`${k} serves`] ?? 0) + (count[`${k} stuck`] ?? 0) < 3) {
      const again = await launchEtcd(options);
      let ok = false;
      const end = Date.now() + 8000;
      let ended = '';
      void again.exited.then((x) => {
        ended = x.reason.sentence + x.reason.evidence;
      });
      while (!ok && Date.now() < end && ended === '') {
        try {
          ok = putAndGet(options.clientUrl, 'a', 'b') === 'b';
        } catch {
          await pause(100);
        }
      }
      const key = `${k} ${ok ? 'serves' : 'stuck'}`;
      count[key] = (count[key] ?? 0) + 1;
      if (!ok && ended) console.log(key, ended);
    }
  }
  await place.clear();
}
console.log(count);
process.exit(0);
