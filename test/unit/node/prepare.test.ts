import { describe, expect, test } from 'vitest';
import type { Identity, PinnedPlan } from '../../../machines/facts.ts';
import { prepareNode } from '../../../src/node/prepare.ts';
import { identity } from '../../support/builders.ts';
import { type HostScript, nodeOn, runningEtcd } from './scripted-host.ts';

const abandonedStart = { data: { kind: 'none' }, abandonedStart: true } as const;
const readable = { data: { kind: 'readable' }, abandonedStart: false } as const;

function pinned(stage: PinnedPlan['stage']): PinnedPlan {
  return { stage, plan: { id: 'p1', coordinator: 'id-a', members: [] } };
}

function restoring(stage: PinnedPlan['stage']): PinnedPlan {
  const snapshot = { id: 's1', sha256: '0'.repeat(64), revision: 9 };
  return { stage, plan: { id: 'p1', coordinator: 'id-a', members: [], snapshot } };
}

/** An identity that fits the configuration, but for what is said otherwise. */
async function remembered(changes: Partial<Identity> = {}): Promise<Identity> {
  const { config } = await nodeOn({});
  const { urls, requiredSize } = config;
  return identity('a', { peerUrl: urls.peerAdvertise, requiredSize, ...changes });
}

async function prepare(script: HostScript) {
  const { resources, written } = await nodeOn(script);
  return { prepared: await prepareNode(resources, new AbortController().signal), written };
}

describe('who a node is', () => {
  test('a node that was never here is new, and remembers that it was', async () => {
    const { prepared, written } = await prepare({});
    expect(prepared.identity).toMatchObject({ nodeId: '00000000000a', memberId: null, plan: null });
    expect(written).toEqual([prepared.identity]);
  });

  test('a node that nobody counts on may change its name', async () => {
    const { prepared } = await prepare({ identity: await remembered(), name: 'other' });
    expect(prepared.identity.name).toBe('other');
  });

  test('a member that is started at another peer address is refused', async () => {
    const known = await remembered({ memberId: 'ma', peerUrl: 'http://elsewhere:2380' });
    await expect(prepare({ identity: known })).rejects.toMatchObject({
      code: 'E2D_IDENTITY_CHANGED',
    });
  });

  test('a member whose peer URL has another scheme stays who it is: a step towards TLS', async () => {
    const known = await remembered({ memberId: 'ma', clusterId: 'c1' });
    const secure = { ...known, peerUrl: known.peerUrl.replace('http:', 'https:') };
    const { prepared, written } = await prepare({ identity: secure });
    expect(prepared.identity).toEqual(known);
    expect(written).toEqual([known]);
    const planned = { ...secure, plan: pinned('launched') };
    await expect(prepare({ identity: planned })).rejects.toMatchObject({
      code: 'E2D_IDENTITY_CHANGED',
    });
  });

  test('a node that is bound by a plan is refused another name', async () => {
    const known = await remembered({ plan: pinned('acknowledged') });
    await expect(prepare({ identity: known, name: 'other' })).rejects.toMatchObject({
      code: 'E2D_IDENTITY_CHANGED',
    });
  });
});

describe('what a node finds', () => {
  test('the data of an etcd that runs is readable, whatever its files look like', async () => {
    const survey = {
      data: { kind: 'unreadable', problem: 'torn' },
      abandonedStart: false,
    } as const;
    const { prepared } = await prepare({ survey, etcd: runningEtcd });
    expect(prepared).toMatchObject({ adoptedPid: 7, data: { kind: 'readable' } });
  });

  test('a launch that was cut short is made again', async () => {
    const known = await remembered({ plan: pinned('launched') });
    const { prepared, written } = await prepare({ identity: known, survey: abandonedStart });
    expect(prepared.identity.plan?.stage).toBe('committed');
    expect(written).toEqual([prepared.identity]);
  });

  test('an etcd that runs is no launch that was cut short', async () => {
    const known = await remembered({ plan: pinned('launched') });
    const script = { identity: known, survey: abandonedStart, etcd: runningEtcd };
    expect((await prepare(script)).prepared.identity.plan?.stage).toBe('launched');
  });

  test('a launch that has left data stands', async () => {
    const known = await remembered({ plan: pinned('launched') });
    const { prepared, written } = await prepare({ identity: known, survey: readable });
    expect(prepared.identity.plan?.stage).toBe('launched');
    expect(written).toEqual([]);
  });
});

describe('a restore that was under way', () => {
  test.each(['acknowledged', 'committed'] as const)('%s: is gone on with', async (stage) => {
    const known = await remembered({ plan: restoring(stage) });
    const { prepared, written } = await prepare({ identity: known, isStaged: true });
    expect(prepared.identity).toEqual(known);
    expect(written).toEqual([]);
  });

  test('whose data is not in place yet is launched again', async () => {
    const known = await remembered({ plan: restoring('launched') });
    const { prepared, written } = await prepare({ identity: known, isStaged: true });
    expect(prepared.identity.plan?.stage).toBe('committed');
    expect(written).toEqual([prepared.identity]);
  });

  test('whose old etcd still runs is launched again too', async () => {
    const known = await remembered({ plan: restoring('launched') });
    const script = { identity: known, isStaged: true, survey: readable, etcd: runningEtcd };
    expect((await prepare(script)).prepared).toMatchObject({
      adoptedPid: 7,
      identity: { plan: { stage: 'committed' } },
    });
  });

  test('whose data is in place stands as launched', async () => {
    const known = await remembered({ plan: restoring('launched') });
    const { prepared } = await prepare({ identity: known, isStaged: false, survey: readable });
    expect(prepared.identity.plan?.stage).toBe('launched');
  });
});
