import { lzwDecode } from './lzw-decode.ts';
import { lzwEncode } from './lzw-encode.ts';
import { MessageType } from './message-type.ts';
import type { MsgpackReader } from './msgpack-decode.ts';
import { MsgpackWriter } from './msgpack-encode.ts';
import { readStruct, uint8, view } from './msgpack-struct.ts';
import { WireError } from './wire-problem.ts';

const ALGO_LZW = 0;
const COMPRESSED = { Algo: uint8, Buf: view } as const;

export function compress(body: Uint8Array): Uint8Array {
  const writer = new MsgpackWriter().byte(MessageType.compress).map(2);
  return writer.key('Algo').uint(ALGO_LZW, 8).key('Buf').bytes(lzwEncode(body)).finish();
}

/**
 * Reads a compressed layer after its type byte and undoes it.
 * @throws WireError, also for an empty result, which no sender may make.
 */
export function inflate(reader: MsgpackReader, maxBytes: number): Uint8Array {
  const { Algo: algo, Buf: buf } = readStruct(reader, COMPRESSED);
  if (algo !== ALGO_LZW) throw new WireError('bad-compression', `unknown algorithm ${algo}`);
  const body = lzwDecode(buf, maxBytes);
  if (body.length === 0) throw new WireError('bad-compression', 'compressed data is empty');
  return body;
}
