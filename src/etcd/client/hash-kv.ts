import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import type { EndpointTls } from './connection.ts';
import type { CallOptions, KeyspaceHash } from './endpoint.ts';
import { EtcdFault, faultAt } from './etcd-fault.ts';
import { dialHttp2, grpcRequest } from './grpc-over-http2.ts';
import { faultOfGrpcStatus } from './grpc-status.ts';

/** All keys are read for it, from a disk that may be slow. */
const defaultTimeoutMs = 60_000;
const prefixBytes = 5;
const largestAnswerBytes = 64 * 1024;
const hashField = 2n;
const compactRevisionField = 3n;

interface HashRequest extends CallOptions {
  readonly revision: number;
  readonly token?: string | null;
}

/**
 * `Maintenance.HashKV`, over a connection of its own: etcd3 has the call, under a name that its own
 * gRPC client does not know.
 */
export async function readHashKv(
  url: string,
  tls: EndpointTls | undefined,
  { revision, token = null, signal, timeoutMs = defaultTimeoutMs }: HashRequest,
): Promise<KeyspaceHash> {
  const limit = AbortSignal.timeout(timeoutMs);
  const cancel = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  const failed = (text: string, cause: unknown) =>
    limit.aborted
      ? new EtcdFault('deadline', `${url}: no hash came within ${timeoutMs} ms.`, cause)
      : new EtcdFault(signal?.aborted ? 'aborted' : 'unavailable', `${url}: ${text}`, cause);
  if (cancel.aborted) throw failed('The call was ended by its caller.', cancel.reason);
  const session = dialHttp2(url, tls);
  const destroy = () => session.destroy(new Error('the call was ended'));
  cancel.addEventListener('abort', destroy);
  try {
    return { revision, ...decode(await askOnce(session, encode(revision), token)) };
  } catch (problem) {
    if (problem instanceof EtcdFault) throw faultAt(url, problem);
    throw failed('the hash of its keys could not be asked for.', problem);
  } finally {
    cancel.removeEventListener('abort', destroy);
    session.destroy();
  }
}

async function askOnce(
  session: ClientHttp2Session,
  message: Buffer,
  token: string | null,
): Promise<Buffer> {
  const request = grpcRequest(session, 'Maintenance/HashKV', { message, token });
  const lost = new Promise<never>((_, reject) => {
    session.on('error', reject);
    request.on('error', reject).once('close', () => reject(new Error('the connection ended')));
  });
  let outcome: EtcdFault | null | undefined;
  const note = (headers: Parameters<typeof faultOfGrpcStatus>[0]) => {
    outcome = faultOfGrpcStatus(headers);
  };
  request.once('response', note).once('trailers', note);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  request.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > largestAnswerBytes) request.destroy(new Error('the answer is too long'));
    else chunks.push(chunk);
  });
  await Promise.race([once(request, 'end'), lost]);
  if (outcome) throw outcome;
  if (outcome === undefined) throw new Error('the connection ended');
  return Buffer.concat(chunks).subarray(prefixBytes);
}

/** `HashKVRequest`: the revision is its one field, and left out where it is 0. */
function encode(revision: number): Buffer {
  const bytes = [0x08];
  for (let rest = BigInt(revision); ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

/** `HashKVResponse`: its header, and numbers that are left out where they are 0. */
function decode(message: Buffer): { readonly hash: number; readonly compactRevision: number } {
  const numbers = new Map<bigint, bigint>();
  let at = 0;
  const varint = () => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = message[at];
      if (byte === undefined) throw malformed();
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const value = varint();
    if ((tag & 7n) === 2n) at += Number(value);
    else if ((tag & 7n) === 0n) numbers.set(tag >> 3n, value);
    else throw malformed();
  }
  if (at > message.length) throw malformed();
  return {
    hash: Number(numbers.get(hashField) ?? 0n),
    compactRevision: Number(BigInt.asIntN(64, numbers.get(compactRevisionField) ?? 0n)),
  };
}

function malformed(): EtcdFault {
  return new EtcdFault('unexpected-answer', 'etcd sent what is no hash of its keys.');
}
