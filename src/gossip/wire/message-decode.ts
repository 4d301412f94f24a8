import type {
  Ack,
  Alive,
  Dead,
  IndirectPing,
  MessageSource,
  Nack,
  PacketMessage,
  Ping,
  Suspect,
} from '../messages.ts';
import { VSN_BYTES } from './message-encode.ts';
import { MessageType } from './message-type.ts';
import { MsgpackReader } from './msgpack-decode.ts';
import { bool, bytes, readStruct, text, uint16, uint32 } from './msgpack-struct.ts';
import { MAX_META_BYTES, MAX_NAME_BYTES } from './wire-limits.ts';
import { WireError } from './wire-problem.ts';

export const nameText = text(MAX_NAME_BYTES);

const NO_BYTES = new Uint8Array();
const SOURCE = { SourceAddr: bytes, SourcePort: uint16, SourceNode: nameText } as const;
const PING = { SeqNo: uint32, Node: nameText, ...SOURCE } as const;
const INDIRECT_PING = {
  ...{ SeqNo: uint32, Target: bytes, Port: uint16, Node: nameText, Nack: bool },
  ...SOURCE,
} as const;
const ACK = { SeqNo: uint32, Payload: bytes } as const;
const NACK = { SeqNo: uint32 } as const;
const ACCUSATION = { Incarnation: uint32, Node: nameText, From: nameText } as const;
const ALIVE = {
  ...{ Incarnation: uint32, Node: nameText, Addr: bytes, Port: uint16 },
  ...{ Meta: bytes, Vsn: bytes },
} as const;

/**
 * One message with its type byte, all framing undone. Bytes after it are ignored, as in Go.
 * @throws WireError
 */
export function decodeMessage(message: Uint8Array): PacketMessage {
  const type = message[0];
  if (type === MessageType.user) return { type: 'user', body: new Uint8Array(message.subarray(1)) };
  const reader = new MsgpackReader(message, 1);
  switch (type) {
    case MessageType.ping:
      return readPing(reader);
    case MessageType.indirectPing:
      return readIndirectPing(reader);
    case MessageType.ack:
      return readAck(reader);
    case MessageType.nack:
      return readNack(reader);
    case MessageType.suspect:
      return { type: 'suspect', ...readAccusation(reader) };
    case MessageType.dead:
      return { type: 'dead', ...readAccusation(reader) };
    case MessageType.alive:
      return readAlive(reader);
    default:
      throw new WireError('unknown-type', `message type ${type} is not one of a packet`);
  }
}

export function readPing(reader: MsgpackReader): Ping {
  const fields = readStruct(reader, PING);
  return { type: 'ping', seqNo: fields.SeqNo, node: fields.Node, ...sourceOf(fields) };
}

export function readAck(reader: MsgpackReader): Ack {
  const fields = readStruct(reader, ACK);
  return { type: 'ack', seqNo: fields.SeqNo, payload: fields.Payload };
}

/** What every announcement of a node must have, so that it can be dialled and gossiped on. */
export function checkedNode(fields: {
  readonly name: string;
  readonly addr: Uint8Array | null;
  readonly meta: Uint8Array | null;
  readonly vsn: Uint8Array | null;
}): { readonly addr: Uint8Array; readonly vsn: Uint8Array } {
  if (fields.name === '') throw new WireError('malformed', 'a node without a name');
  if (fields.meta !== null && fields.meta.length > MAX_META_BYTES) {
    throw new WireError('too-large', `metadata is longer than ${MAX_META_BYTES} bytes`);
  }
  const vsn = fields.vsn ?? NO_BYTES;
  if (vsn.length < VSN_BYTES) throw new WireError('malformed', 'a version list is too short');
  return { addr: checkedAddress(fields.addr), vsn: vsn.slice(0, VSN_BYTES) };
}

function readIndirectPing(reader: MsgpackReader): IndirectPing {
  const fields = readStruct(reader, INDIRECT_PING);
  const { SeqNo: seqNo, Port: port, Node: node, Nack: nack } = fields;
  const target = checkedAddress(fields.Target);
  return { type: 'indirectPing', seqNo, target, port, node, nack, ...sourceOf(fields) };
}

function readNack(reader: MsgpackReader): Nack {
  return { type: 'nack', seqNo: readStruct(reader, NACK).SeqNo };
}

function readAccusation(reader: MsgpackReader): Omit<Suspect, 'type'> & Omit<Dead, 'type'> {
  const fields = readStruct(reader, ACCUSATION);
  return { incarnation: fields.Incarnation, node: fields.Node, from: fields.From };
}

function readAlive(reader: MsgpackReader): Alive {
  const fields = readStruct(reader, ALIVE);
  const { Incarnation: incarnation, Node: node, Port: port, Meta: meta } = fields;
  const checked = checkedNode({ name: node, addr: fields.Addr, meta, vsn: fields.Vsn });
  return { type: 'alive', incarnation, node, port, meta, ...checked };
}

/** A source counts only with an address and a port; otherwise the packet's own is meant. */
function sourceOf(fields: {
  readonly SourceAddr: Uint8Array | null;
  readonly SourcePort: number;
  readonly SourceNode: string;
}): { readonly source?: MessageSource } {
  const { SourceAddr: addr, SourcePort: port, SourceNode: node } = fields;
  if (addr === null || addr.length === 0 || port === 0) return {};
  return { source: { addr: checkedAddress(addr), port, node } };
}

function checkedAddress(addr: Uint8Array | null): Uint8Array {
  if (addr !== null && (addr.length === 4 || addr.length === 16)) return addr;
  throw new WireError('malformed', 'an address that has neither 4 nor 16 bytes');
}
