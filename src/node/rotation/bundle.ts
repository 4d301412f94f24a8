import type { RotationWork } from '../../../machines/facts.ts';
import type { Rotation } from '../../etcd/pki/rotation.ts';
import { readCertificates } from '../../pki/read-certificates.ts';
import { trustOf } from './standing.ts';

type BundleWork = Exclude<RotationWork, 'take-certificates'>;

/**
 * A file of authorities (PEM) as the work wants it; the same text where it is so already, and where
 * the rotation is of other authorities. Whatever else stands in the file stays.
 *
 * @throws E2dError `E2D_BAD_CERTIFICATE`
 */
export function bundleAfter(work: BundleWork, pem: string, rotation: Rotation): string {
  const fingerprints = readCertificates(pem).map(({ fingerprint }) => fingerprint);
  if (trustOf(fingerprints, rotation) === 'neither') return pem;
  // An order of before, written again, brings no authority back that is gone.
  const isOldHere = fingerprints.includes(rotation.old.fingerprint);
  if (!isOldHere && work !== 'drop-old') return pem;
  const kept = {
    'trust-both': [rotation.old, rotation.new],
    'drop-old': [rotation.new],
    'drop-new': [rotation.old],
  }[work];
  const gone = [rotation.old, rotation.new].filter((authority) => !kept.includes(authority));
  const missing = kept.filter(({ fingerprint }) => !fingerprints.includes(fingerprint));
  const without = gone.reduce((text, { fingerprint }) => removeFrom(text, fingerprint), pem);
  return missing.reduce((text, { certificate }) => addTo(text, certificate), without);
}

const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\r?\n?/g;

function removeFrom(pem: string, fingerprint: string): string {
  return pem.replaceAll(block, (one) =>
    readCertificates(one)[0]?.fingerprint === fingerprint ? '' : one,
  );
}

function addTo(pem: string, certificate: string): string {
  const before = pem === '' || pem.endsWith('\n') ? pem : `${pem}\n`;
  return `${before}${certificate.trimEnd()}\n`;
}
