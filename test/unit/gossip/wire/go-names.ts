import type {
  MessageSource,
  PacketMessage,
  PushPullNode,
} from '../../../../src/gossip/messages.ts';
import { toHex } from './vectors.ts';

/** A message in the notation of the captures: Go's field names, bytes as 0x hex. */
export function comparable(message: PacketMessage): unknown {
  const { type } = message;
  switch (message.type) {
    case 'user':
      return { type };
    case 'nack':
      return { type, SeqNo: message.seqNo };
    case 'ack':
      return { type, SeqNo: message.seqNo, Payload: hex(message.payload) };
    case 'ping':
      return { type, SeqNo: message.seqNo, Node: message.node, ...sourceFields(message.source) };
    case 'indirectPing':
      return {
        ...{ type, SeqNo: message.seqNo, Target: hex(message.target), Port: message.port },
        ...{ Node: message.node, Nack: message.nack, ...sourceFields(message.source) },
      };
    case 'suspect':
    case 'dead':
      return {
        type,
        ...{ Incarnation: message.incarnation, Node: message.node, From: message.from },
      };
    case 'alive':
      return {
        ...{ type, Incarnation: message.incarnation, Node: message.node, Port: message.port },
        ...{ Addr: hex(message.addr), Meta: hex(message.meta), Vsn: hex(message.vsn) },
      };
  }
}

export function comparableNode(node: PushPullNode): unknown {
  return {
    ...{ Name: node.name, Addr: hex(node.addr), Port: node.port, Meta: hex(node.meta) },
    ...{ Incarnation: node.incarnation, Vsn: hex(node.vsn) },
    State: ['alive', 'suspect', 'dead', 'left'].indexOf(node.state),
  };
}

function sourceFields(source: MessageSource | undefined): object {
  if (source === undefined) return {};
  return { SourceAddr: hex(source.addr), SourcePort: source.port, SourceNode: source.node };
}

function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : `0x${toHex(bytes)}`;
}
