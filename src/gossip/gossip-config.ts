import { canonicalIp, isUnspecified, type SocketAddress } from './address.ts';
import { GossipError } from './gossip-error.ts';
import { type GossipSettings, LAN_SETTINGS } from './settings.ts';
import type { Keyring } from './wire/keyring.ts';
import { MAX_META_BYTES, MAX_NAME_BYTES } from './wire/wire-limits.ts';

/** What one node of the pool is started with. */
export interface GossipConfig {
  /** Unique in the pool, and best the same after every restart. */
  readonly name: string;
  /** Where to listen, UDP and TCP: an IP address, also 0.0.0.0 or ::. Port 0 takes a free one. */
  readonly bind: SocketAddress;
  /** Where others reach us, when that is not `bind`. Required where `bind` is unspecified. */
  readonly advertise?: SocketAddress | undefined;
  /** `host:port` of nodes that may be there; our own may be among them. Tried for ever. */
  readonly bootstrap?: readonly string[] | undefined;
  /** What others shall know of us from the start, at most 512 bytes. */
  readonly meta?: Uint8Array | undefined;
  /** Encrypts all traffic; without one everybody who reaches the port is trusted. */
  readonly keyring?: Keyring | undefined;
  /** Whatever differs from `LAN_SETTINGS`. */
  readonly settings?: Partial<GossipSettings> | undefined;
}

/** The settings in force. @throws GossipError for a configuration that cannot work. */
export function checkedSettings(config: GossipConfig): GossipSettings {
  const { name, bind, advertise } = config;
  const nameBytes = Buffer.byteLength(name);
  if (nameBytes === 0 || nameBytes > MAX_NAME_BYTES) {
    throw badConfig(`the gossip name ${JSON.stringify(name)} has ${nameBytes} bytes`, {
      remedy: `use a name of 1 to ${MAX_NAME_BYTES} bytes`,
    });
  }
  for (const { addr } of advertise === undefined ? [bind] : [bind, advertise]) {
    if (canonicalIp(addr) !== undefined) continue;
    throw badConfig(`the gossip address ${addr} is not an IP address`, {
      remedy: 'resolve host names before they get here',
    });
  }
  if (isUnspecified((advertise ?? bind).addr)) {
    throw badConfig(`others cannot reach a gossip node at ${(advertise ?? bind).addr}`, {
      remedy: 'give an address to advertise',
    });
  }
  checkedMeta(config.meta ?? new Uint8Array(0));
  return { ...LAN_SETTINGS, ...config.settings };
}

/** A copy of metadata that peers accept. @throws GossipError when it is too long. */
export function checkedMeta(meta: Uint8Array): Uint8Array {
  if (meta.length > MAX_META_BYTES) {
    throw badConfig(`gossip metadata of ${meta.length} bytes is too long`, {
      remedy: `use at most ${MAX_META_BYTES} bytes`,
    });
  }
  return Uint8Array.from(meta);
}

function badConfig(message: string, { remedy }: { remedy: string }): GossipError {
  return new GossipError(message, { code: 'GOSSIP_BAD_CONFIG', remedy });
}
