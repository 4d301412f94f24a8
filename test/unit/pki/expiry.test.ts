import { describe, expect, test } from 'vitest';
import { expiryOf, expirySentence } from '../../../src/pki/expiry.ts';
import { type Certificate, readCertificates } from '../../../src/pki/read-certificates.ts';
import { CertificateAuthority } from '../../support/certificates.ts';

const [template] = readCertificates(new CertificateAuthority().certificate);
const now = new Date('2030-01-01T00:00:00Z');
const hourMs = 3_600_000;

function endingIn(hours: number): Certificate {
  if (template === undefined) throw new Error('no certificate was made');
  return { ...template, notAfter: new Date(now.getTime() + hours * hourMs) };
}

describe('the stage of a certificate', () => {
  test.each([
    [31 * 24, null],
    [30 * 24, 30],
    [14 * 24 + 1, 30],
    [14 * 24, 14],
    [7 * 24, 7],
    [24, 1],
    [1, 1],
    [0, 0],
    [-5, 0],
  ])('with %i hours left is %s', (hours, stage) => {
    expect(expiryOf([endingIn(hours)], now)).toMatchObject({ stage, leftMs: hours * hourMs });
  });
});

test('a file runs out with the first of its certificates', () => {
  const files = [endingIn(900), endingIn(48), endingIn(500)];
  expect(expiryOf(files, now)?.notAfter).toEqual(new Date('2030-01-03T00:00:00Z'));
  expect(expiryOf([], now)).toBeNull();
});

test.each([
  [800, null],
  [50, 'runs out at 2030-01-03T02:00:00Z, in 2 days'],
  [24, 'runs out at 2030-01-02T00:00:00Z, in one day'],
  [3, 'runs out at 2030-01-01T03:00:00Z, in less than a day'],
  [-1, 'ran out at 2029-12-31T23:00:00Z'],
])('with %i hours left it is said: %s', (hours, said) => {
  const expiry = expiryOf([endingIn(hours)], now);
  const sentence = expiry && expirySentence('/pki/peer.crt', expiry);
  expect(sentence).toBe(
    said === null ? null : `the certificate /pki/peer.crt ${said}: renew it with "e2d pki renew"`,
  );
});
