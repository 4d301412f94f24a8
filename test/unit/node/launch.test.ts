import { expect, test } from 'vitest';
import { createEffects } from '../../../src/node/effects.ts';
import { type HostScript, nodeOn } from './scripted-host.ts';

/** What is done to a host to launch etcd on it. */
async function launchOn(script: HostScript): Promise<readonly string[]> {
  const { resources, done } = await nodeOn(script);
  const launch = { clusterState: 'new', initialCluster: '', clusterToken: 't' } as const;
  const reason = { rule: 'S7', sentence: 'it was planned' } as const;
  const { signal } = new AbortController();
  await createEffects(resources).launchEtcd({ launch, name: 'a', reason }, signal);
  return done;
}

test('what a first start left is moved aside before the next', async () => {
  const survey = { data: { kind: 'none' }, abandonedStart: true } as const;
  expect(await launchOn({ survey })).toEqual(['move aside: abandoned start', 'launch']);
});

test('data is left where it is', async () => {
  const survey = { data: { kind: 'readable' }, abandonedStart: false } as const;
  expect(await launchOn({ survey })).toEqual(['launch']);
});
