import { z } from 'zod';
import type { MemberId } from '../../../machines/facts.ts';
import type { CallOptions, EtcdEndpoint } from '../client/endpoint.ts';
import { e2dUserKey, e2dUsersPrefix } from '../membership/keys.ts';

const entrySchema = z.object({ user: z.string(), node: z.string() });

/** Which user of etcd the e2d beside a member is: the CN of the certificate that it shows. */
export type E2dUser = Readonly<z.infer<typeof entrySchema>>;

/**
 * Has the cluster know, by the very certificate that is told of, as whom the e2d beside a member
 * asks. Writes only what is not there yet.
 */
export async function registerE2dUser(
  endpoint: EtcdEndpoint,
  memberId: MemberId,
  { bounds, ...entry }: E2dUser & { readonly bounds: CallOptions },
): Promise<void> {
  const key = e2dUserKey(memberId);
  const value = JSON.stringify(entrySchema.parse(entry));
  const known = await endpoint.get(key, bounds);
  if (known?.value !== value) await endpoint.put(key, value, bounds);
}

/** By member id; what cannot be read is left out, as is what was never written. */
export async function readE2dUsers(
  endpoint: EtcdEndpoint,
  bounds: CallOptions,
): Promise<ReadonlyMap<MemberId, E2dUser>> {
  const success = [{ kind: 'get', key: e2dUsersPrefix, prefix: true }] as const;
  const { found } = await endpoint.transact({ conditions: [], success }, bounds);
  const entries = (found[0] ?? []).flatMap(({ key, value }) => {
    const entry = entrySchema.safeParse(parsed(value)).data;
    return entry === undefined ? [] : [[key.slice(e2dUsersPrefix.length), entry] as const];
  });
  return new Map(entries);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
