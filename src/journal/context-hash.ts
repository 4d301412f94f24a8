import { hash } from 'node:crypto';

/** The first 16 hexadecimal digits of the SHA-256 of the context's JSON text. */
export function contextHash(context: object): string {
  return hash('sha256', JSON.stringify(context), 'hex').slice(0, 16);
}
