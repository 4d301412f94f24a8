import type { z } from 'zod';
import type { MemberId } from '../../../machines/facts.ts';
import type {
  CallOptions,
  EtcdEndpoint,
  KeyValue,
  Operation,
  Revision,
} from '../client/endpoint.ts';
import { EtcdFault } from '../client/etcd-fault.ts';
import { pkiNodesPrefix, reissuedPrefix, rotationKey } from '../membership/keys.ts';
import { type NodeReport, nodeReportSchema, type Rotation, rotationSchema } from './rotation.ts';

/** What was written and can be replaced only by who has read it: `0` where there is nothing. */
export interface HeldRotation {
  readonly rotation: Rotation | null;
  readonly revision: Revision;
}

/** PEM of what was issued anew, by the fingerprint of the certificate before. */
export type Reissued = ReadonlyMap<string, string>;

/** All of it at one revision. Reports that cannot be read are left out. */
export interface RotationRegister extends HeldRotation {
  readonly reissued: Reissued;
  readonly reports: ReadonlyMap<MemberId, NodeReport>;
}

const readRotation = { kind: 'get', key: rotationKey } as const;
const readReissued = { kind: 'get', key: reissuedPrefix, prefix: true } as const;
const readReports = { kind: 'get', key: pkiNodesPrefix, prefix: true } as const;

/**
 * What a node needs of it: its own part of the work.
 * @throws EtcdFault `unexpected-answer` when something else was written there.
 */
export async function readRotationOrders(
  endpoint: EtcdEndpoint,
  bounds: CallOptions,
): Promise<HeldRotation & { readonly reissued: Reissued }> {
  const success = [readRotation, readReissued];
  const { found } = await endpoint.transact({ conditions: [], success }, bounds);
  return { ...heldIn(found[0]), reissued: reissuedIn(found[1]) };
}

/** @throws EtcdFault as `readRotationOrders` */
export async function readRotationRegister(
  endpoint: EtcdEndpoint,
  bounds: CallOptions,
): Promise<RotationRegister> {
  const success = [readRotation, readReissued, readReports];
  const { found } = await endpoint.transact({ conditions: [], success }, bounds);
  const reports = (found[2] ?? []).flatMap(({ key, value }) => {
    const report = parsed(nodeReportSchema, value);
    return report === null ? [] : [[key.slice(pkiNodesPrefix.length), report] as const];
  });
  return { ...heldIn(found[0]), reissued: reissuedIn(found[1]), reports: new Map(reports) };
}

/** A change that is made only while nobody else has made one since `revision`. */
export interface RotationChange {
  readonly revision: Revision;
  readonly rotation?: Rotation;
  /** Added to what was issued anew. */
  readonly reissued?: Reissued;
  /** What was issued anew is not needed any more. */
  readonly clearReissued?: boolean;
  /** Members that are gone, whose reports go too. */
  readonly forget?: readonly MemberId[];
}

/** Whether it was made. */
export async function changeRotation(
  endpoint: EtcdEndpoint,
  change: RotationChange,
  bounds: CallOptions,
): Promise<boolean> {
  const { revision, rotation, reissued, clearReissued = false, forget = [] } = change;
  const success: readonly Operation[] = [
    ...(rotation === undefined ? [] : [put(rotationKey, JSON.stringify(rotation))]),
    ...(clearReissued ? [{ kind: 'delete', key: reissuedPrefix, end: reissuedEnd } as const] : []),
    ...[...(reissued ?? [])].map(([before, pem]) => put(`${reissuedPrefix}${before}`, pem)),
    ...forget.map((id) => ({ kind: 'delete', key: `${pkiNodesPrefix}${id}` }) as const),
  ];
  const conditions = [{ key: rotationKey, modRevision: revision }];
  return (await endpoint.transact({ conditions, success }, bounds)).succeeded;
}

export async function writeNodeReport(
  endpoint: EtcdEndpoint,
  memberId: MemberId,
  { bounds, report }: { readonly bounds: CallOptions; readonly report: NodeReport },
): Promise<void> {
  await endpoint.put(`${pkiNodesPrefix}${memberId}`, JSON.stringify(report), bounds);
}

/** The first key behind all that begin with the prefix: `0` comes after `/`. */
const reissuedEnd = reissuedPrefix.replace(/\/$/, '0');

function put(key: string, value: string): Operation {
  return { kind: 'put', key, value };
}

function heldIn(found: readonly KeyValue[] | undefined): HeldRotation {
  const [pair] = found ?? [];
  if (pair === undefined) return { rotation: null, revision: '0' };
  const rotation = parsed(rotationSchema, pair.value);
  if (rotation !== null) return { rotation, revision: pair.modRevision };
  throw new EtcdFault('unexpected-answer', `The value of ${rotationKey} is no rotation.`);
}

function reissuedIn(found: readonly KeyValue[] = []): Reissued {
  return new Map(found.map(({ key, value }) => [key.slice(reissuedPrefix.length), value]));
}

function parsed<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
