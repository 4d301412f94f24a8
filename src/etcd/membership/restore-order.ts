import { z } from 'zod';
import type { BootstrapPlan } from '../../../machines/facts.ts';
import type { CallOptions, EtcdEndpoint } from '../client/endpoint.ts';
import { EtcdFault } from '../client/etcd-fault.ts';
import { readClusterRecord } from './cluster-record.ts';
import { restoreOrderKey } from './keys.ts';

const orderSchema = z.object({ planId: z.string(), lineage: z.string(), snapshotId: z.string() });

/**
 * Leaves the order for the cluster to go back in the cluster itself: whoever cannot write to it
 * cannot have it go back, for gossip alone is believed by nobody.
 */
export async function writeOrder(
  endpoint: EtcdEndpoint,
  plan: BootstrapPlan,
  options?: CallOptions,
): Promise<void> {
  const { lineage, snapshotId } = orderOf(plan);
  const record = await readClusterRecord(endpoint, options);
  if (record?.lineage !== lineage) {
    const sentence = `The cluster is of lineage ${record?.lineage ?? 'unknown'}, not ${lineage}.`;
    throw new EtcdFault('unexpected-answer', sentence);
  }
  const order = { planId: plan.id, lineage, snapshotId };
  await endpoint.put(restoreOrderKey, JSON.stringify(order), options);
}

/** Rejects with an `EtcdFault` unless the cluster itself holds the order for this very plan. */
export async function checkOrder(
  endpoint: EtcdEndpoint,
  plan: BootstrapPlan,
  options?: CallOptions,
): Promise<void> {
  const { lineage, snapshotId } = orderOf(plan);
  const pair = await endpoint.get(restoreOrderKey, options);
  const order = pair === null ? null : orderSchema.safeParse(parsed(pair.value)).data;
  const stands =
    order?.planId === plan.id && order.lineage === lineage && order.snapshotId === snapshotId;
  if (stands) return;
  throw new EtcdFault(
    'unexpected-answer',
    `The cluster holds no order to go back by plan ${plan.id}, whatever gossip says.`,
  );
}

function orderOf({ id, snapshot }: BootstrapPlan) {
  return { planId: id, lineage: snapshot?.replaces ?? '', snapshotId: snapshot?.id ?? '' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
