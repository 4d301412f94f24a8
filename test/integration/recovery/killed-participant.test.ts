import { expect, test } from 'vitest';
import { momentsToTry } from '../../support/moments.ts';
import { goBackWithKill, openScene } from './kills.ts';

/** In the order in which they come. The coordinator releases a plan of which one is not alive. */
const moments = [
  ['staging', /"id":"stageSnapshot","src"/],
  ['vouching', /"id":"vouchForOrder","src"/],
  ['pinning its acknowledgement', /to acknowledge restore plan/],
  ['having acknowledged', /pinRestore","output":{[^{]*"plan":{"stage":"acknowledged"/],
  ['pinning the launch', /to launch restore plan/],
  ['shuttingOut', /"id":"stopReplacedEtcd","src"/],
  ['installing', /"id":"installSnapshot","src"/],
  ['having moved its data aside', /renamed .* to .*\.restored$/],
  ['having moved the restored data in', /renamed .*restoring.* to .*\/data\/member$/],
  ['having installed', /"xstate.done.actor.installSnapshot"/],
] as const;

test('its e2d is killed at every step: all is as before, or all have gone back', async () => {
  const scene = await openScene();
  const came = new Map<string, string>();
  for (const [name, moment] of momentsToTry(moments)) {
    came.set(name, await goBackWithKill(scene, { victim: 2, moment }));
  }
  const launched = moments.slice(4).flatMap(([name]) => came.get(name) ?? []);
  expect(launched, 'who is to launch is never left behind').toEqual(
    launched.map(() => 'gone back'),
  );
}, 600_000);
