import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { moveAside } from '../../../src/etcd/data-dir/move-aside.ts';
import { surveyDataDir } from '../../../src/etcd/data-dir/own-data.ts';
import { launchEtcd } from '../../../src/etcd/process/launch.ts';
import { launchOptions, Place, serving } from './real-etcd.ts';

/** Moments of death, in ms after the launch: dense where etcd makes its files. */
const momentsMs = Array.from({ length: 24 }, (_, index) => 4 + index * 9);

function filesOf(dataDir: string): string {
  try {
    return readdirSync(join(dataDir, 'member'), { recursive: true }).sort().join(' ');
  } catch {
    return '(no member)';
  }
}

test('killed at any moment of its first start, etcd leaves what is told apart and can go on', async () => {
  const seen = new Map<string, string>();
  for (const momentMs of momentsMs) {
    const place = new Place();
    try {
      const options = await launchOptions(place);
      const etcd = await launchEtcd(options);
      await pause(momentMs);
      process.kill(etcd.pid, 'SIGKILL');
      await etcd.exited;
      const survey = await surveyDataDir(place.dataDir);
      const state = `${survey.data.kind}${survey.abandonedStart ? ' (abandoned)' : ''}`;
      const files = filesOf(place.dataDir);
      expect(survey.data.kind, `${momentMs} ms: ${files} ${JSON.stringify(survey)}`).not.toBe(
        'unreadable',
      );
      // One start of each state and set of files is enough.
      if (seen.has(`${state} ${files}`)) continue;
      seen.set(`${state} ${files}`, `${momentMs} ms`);
      if (survey.abandonedStart) await moveAside(place.dataDir, 'never-started', new Date());
      const again = await launchEtcd(options);
      await serving(options.clientUrl);
      expect((await surveyDataDir(place.dataDir)).data.kind).toBe('readable');
      await again.stop({ graceMs: 20_000 });
    } finally {
      await place.clear();
    }
  }
  const states = [...seen.keys()];
  expect(states.some((state) => state.startsWith('none'))).toBe(true);
  if (process.env['E2D_TEST_VERBOSE'] !== undefined) console.log(seen);
}, 300_000);
