import { crc32 } from 'node:zlib';
import { MessageType } from './message-type.ts';
import { WireError } from './wire-problem.ts';

const HEADER_BYTES = 5;

/** Puts a checksum (CRC-32/IEEE, big endian) before the rest of a packet. */
export function addCrc(body: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(HEADER_BYTES + body.length);
  framed[0] = MessageType.crc;
  framed.writeUInt32BE(crc32(body), 1);
  framed.set(body, HEADER_BYTES);
  return new Uint8Array(framed.buffer, framed.byteOffset, framed.length);
}

/** Verifies and takes off the checksum, if there is one: senders add it only to some packets. */
export function removeCrc(packet: Uint8Array): Uint8Array {
  if (packet[0] !== MessageType.crc || packet.length < HEADER_BYTES) return packet;
  const body = packet.subarray(HEADER_BYTES);
  const expected = new DataView(packet.buffer, packet.byteOffset).getUint32(1);
  if (crc32(body) !== expected) throw new WireError('bad-checksum', 'the checksum does not match');
  return body;
}
