import type { PushPull, PushPullNode } from '../messages.ts';
import { checkedNode, nameText } from './message-decode.ts';
import { checkAnnouncement } from './message-encode.ts';
import { MessageType } from './message-type.ts';
import { MsgpackReader } from './msgpack-decode.ts';
import { MsgpackWriter } from './msgpack-encode.ts';
import { bool, bytes, count, readStruct, uint8, uint16, uint32 } from './msgpack-struct.ts';
import { MAX_PROBLEMS, type WireLimits } from './wire-limits.ts';
import { problemOf, WireError, type WireProblem } from './wire-problem.ts';

/** The states in the order of their numbers on the wire. */
const STATES = ['alive', 'suspect', 'dead', 'left'] as const;
const HEADER = { Nodes: count, UserStateLen: count, Join: bool } as const;
const NODE = {
  ...{ Name: nameText, Addr: bytes, Port: uint16, Meta: bytes },
  ...{ Incarnation: uint32, State: uint8, Vsn: bytes },
} as const;

/** @throws RangeError as `encodeMessage` does. */
export function encodePushPull({ join, nodes, userState }: PushPull): Uint8Array {
  const writer = new MsgpackWriter().byte(MessageType.pushPull).map(3);
  writer.key('Join').bool(join);
  writer.key('Nodes').uint(nodes.length, 32);
  writer.key('UserStateLen').uint(userState.length, 32);
  for (const node of nodes) writeNode(writer, node);
  return writer.raw(userState).finish();
}

function writeNode(writer: MsgpackWriter, node: PushPullNode): void {
  checkAnnouncement(node);
  writer.map(7).key('Addr').bytes(node.addr);
  writer.key('Incarnation').uint(node.incarnation, 32);
  writer.key('Meta').bytes(node.meta);
  writer.key('Name').text(node.name);
  writer.key('Port').uint(node.port, 16);
  writer.key('State').uint(STATES.indexOf(node.state), 8);
  writer.key('Vsn').bytes(node.vsn);
}

/**
 * Reads a push/pull as far as its bytes have come and goes on from there: nothing on the wire
 * says how long it is. A record that makes no sense is left out and noted in `problems`.
 */
export class PushPullReader {
  readonly problems: WireProblem[] = [];
  readonly #limits: WireLimits;
  readonly #nodes: PushPullNode[] = [];
  #header: { Nodes: number; UserStateLen: number; Join: boolean } | undefined;
  #nodesLeft = 0;
  #offset: number;

  /** `offset` is that of the header, after the type byte. */
  constructor(offset: number, limits: WireLimits) {
    this.#offset = offset;
    this.#limits = limits;
  }

  /**
   * `bytes` start where those of the last call did, and have grown since.
   * @throws WireError `truncated` when there must be more of them; others are final.
   */
  read(input: Uint8Array): PushPull {
    this.#header ??= this.#readHeader(new MsgpackReader(input, this.#offset));
    for (; this.#nodesLeft > 0; this.#nodesLeft -= 1) this.#readNode(input);
    const { Join: join, UserStateLen } = this.#header;
    const userState = new MsgpackReader(input, this.#offset).take(UserStateLen);
    return { type: 'pushPull', join, nodes: this.#nodes, userState: new Uint8Array(userState) };
  }

  #readHeader(reader: MsgpackReader): { Nodes: number; UserStateLen: number; Join: boolean } {
    const header = readStruct(reader, HEADER);
    const { pushPullNodes, userStateBytes } = this.#limits;
    if (header.Nodes > pushPullNodes) {
      throw new WireError('too-large', `a push/pull of more than ${pushPullNodes} nodes`);
    }
    if (header.UserStateLen > userStateBytes) {
      throw new WireError('too-large', `user state of more than ${userStateBytes} bytes`);
    }
    this.#offset = reader.offset;
    this.#nodesLeft = header.Nodes;
    return header;
  }

  #readNode(input: Uint8Array): void {
    const reader = new MsgpackReader(input, this.#offset);
    try {
      this.#nodes.push(nodeOf(readStruct(reader, NODE)));
      this.#offset = reader.offset;
    } catch (error) {
      if (error instanceof WireError && error.neededBytes !== undefined) throw error;
      this.#stepOver(input);
      if (this.problems.length < MAX_PROBLEMS) this.problems.push(problemOf(error));
    }
  }

  #stepOver(input: Uint8Array): void {
    const reader = new MsgpackReader(input, this.#offset);
    reader.skip();
    this.#offset = reader.offset;
  }
}

function nodeOf(fields: {
  readonly Name: string;
  readonly Addr: Uint8Array | null;
  readonly Port: number;
  readonly Meta: Uint8Array | null;
  readonly Incarnation: number;
  readonly State: number;
  readonly Vsn: Uint8Array | null;
}): PushPullNode {
  const { Name: name, Port: port, Meta: meta, Incarnation: incarnation } = fields;
  const state = STATES[fields.State];
  if (state === undefined) throw new WireError('malformed', 'a node in an unknown state');
  const checked = checkedNode({ name, addr: fields.Addr, meta, vsn: fields.Vsn });
  return { name, port, meta, incarnation, state, ...checked };
}
