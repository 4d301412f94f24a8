import type { Ack, Alive, Dead, IndirectPing, PacketMessage, Ping, Suspect } from '../messages.ts';
import { MessageType } from './message-type.ts';
import { MsgpackWriter } from './msgpack-encode.ts';
import { MAX_META_BYTES } from './wire-limits.ts';

/** Older Go nodes panic on a version list of any other length. */
export const VSN_BYTES = 6;

/**
 * The bytes of one message with its type byte: a packet without framing, or one part of a
 * compound.
 * @throws RangeError for a number that its field cannot hold, metadata over 512 bytes or a
 *   version list that has not 6 bytes.
 */
export function encodeMessage(message: PacketMessage): Uint8Array {
  const writer = new MsgpackWriter().byte(MessageType[message.type]);
  switch (message.type) {
    case 'ping':
      writePing(writer, message);
      break;
    case 'indirectPing':
      writeIndirectPing(writer, message);
      break;
    case 'ack':
      writeAck(writer, message);
      break;
    case 'nack':
      writer.map(1).key('SeqNo').uint(message.seqNo, 32);
      break;
    case 'suspect':
    case 'dead':
      writeAccusation(writer, message);
      break;
    case 'alive':
      writeAlive(writer, message);
      break;
    case 'user':
      writer.raw(message.body);
      break;
  }
  return writer.finish();
}

export function checkAnnouncement(node: Pick<Alive, 'meta' | 'vsn'>): void {
  if (node.meta !== null && node.meta.length > MAX_META_BYTES) {
    throw new RangeError(`metadata of ${node.meta.length} bytes, at most ${MAX_META_BYTES} fit`);
  }
  if (node.vsn.length !== VSN_BYTES) {
    throw new RangeError(`a version list of ${node.vsn.length} bytes instead of ${VSN_BYTES}`);
  }
}

function writePing(writer: MsgpackWriter, { seqNo, node, source }: Ping): void {
  writer.map(2 + countSourceFields(source));
  writer.key('Node').text(node);
  writer.key('SeqNo').uint(seqNo, 32);
  writeSource(writer, source);
}

function writeIndirectPing(writer: MsgpackWriter, message: IndirectPing): void {
  writer.map(5 + countSourceFields(message.source));
  writer.key('Nack').bool(message.nack);
  writer.key('Node').text(message.node);
  writer.key('Port').uint(message.port, 16);
  writer.key('SeqNo').uint(message.seqNo, 32);
  writeSource(writer, message.source);
  writer.key('Target').bytes(message.target);
}

function writeAck(writer: MsgpackWriter, { payload, seqNo }: Ack): void {
  writer.map(2).key('Payload').bytes(payload).key('SeqNo').uint(seqNo, 32);
}

function writeAccusation(writer: MsgpackWriter, { from, incarnation, node }: Suspect | Dead): void {
  writer.map(3).key('From').text(from);
  writer.key('Incarnation').uint(incarnation, 32);
  writer.key('Node').text(node);
}

function writeAlive(writer: MsgpackWriter, message: Alive): void {
  checkAnnouncement(message);
  writer.map(6).key('Addr').bytes(message.addr);
  writer.key('Incarnation').uint(message.incarnation, 32);
  writer.key('Meta').bytes(message.meta);
  writer.key('Node').text(message.node);
  writer.key('Port').uint(message.port, 16);
  writer.key('Vsn').bytes(message.vsn);
}

/** Go leaves each empty field of the source out by itself. */
function countSourceFields(source: Ping['source']): number {
  if (source === undefined) return 0;
  return Number(source.addr.length > 0) + Number(source.node !== '') + Number(source.port !== 0);
}

function writeSource(writer: MsgpackWriter, source: Ping['source']): void {
  if (source === undefined) return;
  if (source.addr.length > 0) writer.key('SourceAddr').bytes(source.addr);
  if (source.node !== '') writer.key('SourceNode').text(source.node);
  if (source.port !== 0) writer.key('SourcePort').uint(source.port, 16);
}
