import { expect, test } from 'vitest';
import { EtcdFault } from '../../../src/etcd/client/etcd-fault.ts';
import { tellRefusals, userOf } from '../../../src/node/user-register.ts';
import { CertificateAuthority } from '../../support/certificates.ts';

test('a certificate makes its holder the user of its CN, and nobody without one', () => {
  const authority = new CertificateAuthority();
  const { certificate } = authority.issue('etcd peer', []);
  expect(userOf(Buffer.from(certificate))).toBe('etcd peer');
  expect(userOf(Buffer.from('no certificate'))).toBe('');
  expect(userOf(undefined)).toBe('');
});

test('refusals are told at once and then once a minute, and other faults not at all', () => {
  const told: unknown[] = [];
  let nowMs = 0;
  const tell = tellRefusals({
    clock: { nowMs: () => nowMs },
    log: { warn: ({ fault }: { fault: string }) => told.push(fault) } as never,
  });
  const refused = new EtcdFault('permission', 'refused');
  tell(new EtcdFault('unavailable', 'away'));
  expect(told).toEqual([]);
  tell(refused);
  nowMs = 59_999;
  tell(refused);
  expect(told).toEqual(['refused']);
  nowMs = 60_000;
  tell(new EtcdFault('unauthenticated', 'unknown'));
  expect(told).toEqual(['refused', 'unknown']);
});
