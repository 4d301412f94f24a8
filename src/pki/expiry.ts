import type { Certificate } from './read-certificates.ts';

const dayMs = 86_400_000;

/** With so many days left it is said once more that a certificate runs out. */
const noticeDays = [1, 7, 14, 30] as const;

/** How long a certificate is still good for, by this machine's clock. */
export interface Expiry {
  readonly notAfter: Date;
  /** Negative once it has run out. */
  readonly leftMs: number;
  /**
   * How far it has come: 0 when it ran out, else the fewest of 1, 7, 14 and 30 days that it does
   * not outlast; null while it outlasts them all.
   */
  readonly stage: number | null;
}

/** The expiry of a file's certificates: that of the one which runs out first; null for none. */
export function expiryOf(certificates: readonly Certificate[], now: Date): Expiry | null {
  if (certificates.length === 0) return null;
  const ends = certificates.map(({ notAfter }) => notAfter.getTime());
  const end = Math.min(...ends);
  const leftMs = end - now.getTime();
  const stage = leftMs <= 0 ? 0 : (noticeDays.find((days) => leftMs <= days * dayMs) ?? null);
  return { notAfter: new Date(end), leftMs, stage };
}

/** What an operator should read of a file that runs out; null while there is time. */
export function expirySentence(path: string, { stage, leftMs, notAfter }: Expiry): string | null {
  if (stage === null) return null;
  const when = notAfter.toISOString().replace('.000Z', 'Z');
  if (stage === 0)
    return `the certificate ${path} ran out at ${when}: renew it with "e2d pki renew"`;
  const days = Math.floor(leftMs / dayMs);
  const left = days < 1 ? 'less than a day' : days === 1 ? 'one day' : `${days} days`;
  return `the certificate ${path} runs out at ${when}, in ${left}: renew it with "e2d pki renew"`;
}
