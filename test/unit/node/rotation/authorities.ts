import { randomUUID } from 'node:crypto';
import type { NodeReport, Rotation, RotationPhase } from '../../../../src/etcd/pki/rotation.ts';
import { warrantFor } from '../../../../src/etcd/pki/warrant.ts';
import {
  type Authority,
  createAuthority,
  type KeyPair,
  openAuthority,
} from '../../../../src/pki/authority.ts';
import { readCertificates } from '../../../../src/pki/read-certificates.ts';

export const dayMs = 86_400_000;
/** Of these tests; certificates are valid around it. */
export const now = new Date();

export interface TestAuthority extends KeyPair {
  readonly authority: Authority;
  readonly fingerprint: string;
}

export async function testAuthority(commonName: string): Promise<TestAuthority> {
  const lifetimeMs = 400 * dayMs;
  const pair = await createAuthority({ algorithm: 'ecdsa-p256', commonName, lifetimeMs, now });
  return { ...pair, authority: openAuthority(pair), fingerprint: fingerprintOf(pair.certificate) };
}

export function fingerprintOf(certificate: string): string {
  const [first] = readCertificates(certificate);
  if (first === undefined) throw new Error('no certificate');
  return first.fingerprint;
}

export async function issue(
  { authority }: TestAuthority,
  profile: 'server' | 'peer' | 'client',
  hosts: readonly string[] = ['127.0.0.1'],
): Promise<KeyPair> {
  const given = profile === 'client' ? [] : hosts;
  const commonName = `etcd ${profile}`;
  return authority.issue({ profile, commonName, hosts: given, lifetimeMs: 30 * dayMs, now });
}

export function rotationOf(
  old: TestAuthority,
  fresh: TestAuthority,
  phase: RotationPhase = 'trust-both',
): Rotation {
  const at = now.toISOString();
  const side = ({ certificate, fingerprint }: TestAuthority) => ({ certificate, fingerprint });
  const id = randomUUID();
  const change = { id, old: side(old), new: side(fresh) };
  const warrant = warrantFor(change, old.key);
  return { ...change, phase, warrant, beganAt: at, phaseBeganAt: at };
}

/** What a node tells that has one file of authorities, and shows one certificate for everything. */
export function reportOf(
  rotation: Rotation,
  facts: {
    readonly trusted: readonly string[];
    readonly etcd?: readonly string[] | null;
    readonly certificate: string;
  },
): NodeReport {
  const { trusted, etcd = trusted, certificate } = facts;
  return {
    node: 'n1',
    rotation: { id: rotation.id, phase: rotation.phase },
    trusted: [{ path: '/ca.crt', authorities: trusted }],
    etcd: etcd && { clients: etcd, peers: etcd },
    certificates: [{ role: 'peer', path: '/peer.crt', certificate }],
    problems: [],
    reportedAt: now.toISOString(),
  };
}
