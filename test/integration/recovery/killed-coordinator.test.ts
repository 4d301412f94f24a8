import { expect, test } from 'vitest';
import { momentsToTry } from '../../support/moments.ts';
import { goBackWithKill, openScene } from './kills.ts';

/** In the order in which they come; until the commit the order dies with whom it was given to. */
const moments = [
  ['securing', /"id":"secureBeforeRestore","src"/, 'as before'],
  ['choosing', /"id":"chooseSnapshot","src"/, 'as before'],
  ['staging', /"id":"stageSnapshot","src"/, 'as before'],
  ['vouching', /"id":"vouchForOrder","src"/, 'as before'],
  ['pinning its acknowledgement', /to acknowledge restore plan/, 'as before'],
  ['having proposed', /pinRestore","output":{[^{]*"plan":{"stage":"acknowledged"/, 'as before'],
  ['pinning the commit', /to commit restore plan/, 'as before'],
  ['having committed', /pinRestore","output":{[^{]*"plan":{"stage":"committed"/, 'gone back'],
  ['pinning the launch', /to launch restore plan/, 'gone back'],
  ['shuttingOut', /"id":"stopReplacedEtcd","src"/, 'gone back'],
  ['installing', /"id":"installSnapshot","src"/, 'gone back'],
  ['having moved its data aside', /renamed .* to .*\.restored$/, 'gone back'],
  ['having moved the restored data in', /renamed .*restoring.* to .*\/data\/member$/, 'gone back'],
  ['having installed', /"xstate.done.actor.installSnapshot"/, 'gone back'],
] as const;

test.each(['as before', 'gone back'] as const)(
  'its e2d is killed at every step that leaves all %s',
  async (outcome) => {
    const scene = await openScene();
    const tried = momentsToTry(moments.filter(([, , end]) => end === outcome));
    for (const [name, moment] of tried) {
      expect(await goBackWithKill(scene, { victim: 0, moment }), name).toBe(outcome);
    }
  },
  600_000,
);
