import { z } from 'zod';
import type { MemberId } from '../../../machines/facts.ts';
import { namePattern } from '../../errors/shown.ts';
import type { CallOptions, EtcdEndpoint } from '../client/endpoint.ts';
import { e2dUserKey, e2dUsersPrefix } from '../membership/keys.ts';

const name = z.string().regex(namePattern);
const entrySchema = z.object({ user: name, node: name });
const memberIdPattern = /^[0-9a-f]{1,16}$/;

/** Which user of etcd the e2d beside a member is: the CN of the certificate that it shows. */
export type E2dUser = Readonly<z.infer<typeof entrySchema>>;

/**
 * Has the cluster know, by the very certificate that is told of, as whom the e2d beside a member
 * asks. Writes only what is not there yet.
 */
export async function registerE2dUser(
  endpoint: EtcdEndpoint,
  memberId: MemberId,
  { bounds, user, node }: E2dUser & { readonly bounds: CallOptions },
): Promise<void> {
  const key = e2dUserKey(memberId);
  const value = JSON.stringify({ user, node });
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
    const memberId = key.slice(e2dUsersPrefix.length);
    return entry === undefined || !memberIdPattern.test(memberId)
      ? []
      : [[memberId, entry] as const];
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
