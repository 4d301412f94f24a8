import { isIP, isIPv4 } from 'node:net';
import * as asn1js from 'asn1js';
import { GeneralName } from 'pkijs';
import { pkiFailure } from './failure.ts';

const dnsNameType = 2;
const ipAddressType = 7;
const label = '[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?';
const dnsName = new RegExp(`^(\\*\\.)?${label}(\\.${label})*\\.?$`);
const longestDnsName = 253;

/**
 * The hosts in the form in which they are compared, each once, in their order: IPv6 addresses
 * shortened, IPv4 ones out of IPv6, DNS names in small letters. Throws `E2D_PKI_NAME` for what is
 * neither an address nor a DNS name.
 */
export function distinctHosts(hosts: readonly string[]): readonly string[] {
  return [...new Set(hosts.map(canonicalHost))];
}

/** `hosts` as `distinctHosts` gives them. */
export function hostNames(hosts: readonly string[]): GeneralName[] {
  return hosts.map((host) => {
    if (isIP(host) === 0) return new GeneralName({ type: dnsNameType, value: host });
    const bytes = isIPv4(host) ? host.split('.').map(Number) : ipv6Bytes(host);
    const value = new asn1js.OctetString({ valueHex: Uint8Array.from(bytes) });
    return new GeneralName({ type: ipAddressType, value });
  });
}

/** The address of an `iPAddress` name; undefined when it has neither 4 nor 16 bytes. */
export function addressOf(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return undefined;
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return canonicalHost(groups.join(':'));
}

function canonicalHost(given: string): string {
  const host = given.trim().replace(/^\[(.*)\]$/, '$1');
  const family = host.includes('%') ? 0 : isIP(host);
  if (family === 4) return host;
  if (family === 6) return canonicalIpv6(host);
  const looksLikeAddress = /^[\d.]+$/.test(host);
  if (looksLikeAddress || host.length > longestDnsName || !dnsName.test(host)) {
    throw pkiFailure(
      'E2D_PKI_NAME',
      `${JSON.stringify(given)} is neither an IP address nor a DNS name.`,
    );
  }
  return host.toLowerCase().replace(/\.$/, '');
}

function canonicalIpv6(host: string): string {
  const short = new URL(`http://[${host}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  return mapped === null ? short : ipv6Bytes(short).slice(-4).join('.');
}

/** Of an address in hexadecimal groups alone. */
function ipv6Bytes(address: string): number[] {
  const [front = '', back = ''] = address.split('::');
  const groups = (part: string) => part.split(':').filter((group) => group !== '');
  const missing = 8 - groups(front).length - groups(back).length;
  const all = [...groups(front), ...Array<string>(missing).fill('0'), ...groups(back)];
  return all.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
