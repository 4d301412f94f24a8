import { createHash } from 'node:crypto';

/** The first 16 hexadecimal digits of the SHA-256 of the context's JSON text. */
export function contextHash(context: object): string {
  return createHash('sha256').update(JSON.stringify(context)).digest('hex').slice(0, 16);
}
