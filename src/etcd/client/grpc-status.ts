import type { IncomingHttpHeaders } from 'node:http2';
import { type EtcdFault, toEtcdFault } from './etcd-fault.ts';

/** In the order of their numbers. */
const names = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/**
 * What a call came to, from its trailers (or from the headers of an answer that has nothing else):
 * null where it succeeded, undefined where they do not tell.
 */
export function faultOfGrpcStatus(headers: IncomingHttpHeaders): EtcdFault | null | undefined {
  const status = headers['grpc-status'];
  if (status === undefined) return undefined;
  if (status === '0') return null;
  const message = headers['grpc-message'];
  const details = typeof message === 'string' ? percentDecoded(message) : 'no reason was given';
  const name = names[Number(status)] ?? 'UNKNOWN';
  return toEtcdFault(new Error(`${status} ${name}: ${details}`));
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
