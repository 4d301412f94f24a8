/** The messages of the memberlist protocol, as data. Byte fields are raw: never decoded as text. */

export interface Ping {
  readonly type: 'ping';
  readonly seqNo: number;
  /** The node the ping is meant for; a receiver with another name ignores it. */
  readonly node: string;
  readonly source?: MessageSource;
}

/** Where an answer should go, when that is not the packet's own source. */
export interface MessageSource {
  readonly addr: Uint8Array;
  readonly port: number;
  readonly node: string;
}

export interface IndirectPing {
  readonly type: 'indirectPing';
  readonly seqNo: number;
  readonly target: Uint8Array;
  readonly port: number;
  readonly node: string;
  readonly nack: boolean;
  readonly source?: MessageSource;
}

export interface Ack {
  readonly type: 'ack';
  readonly seqNo: number;
  readonly payload: Uint8Array | null;
}

export interface Nack {
  readonly type: 'nack';
  readonly seqNo: number;
}

export interface Suspect {
  readonly type: 'suspect';
  readonly incarnation: number;
  readonly node: string;
  readonly from: string;
}

export interface Dead {
  readonly type: 'dead';
  readonly incarnation: number;
  readonly node: string;
  /** Equal to `node` when the node left of its own will. */
  readonly from: string;
}

export interface Alive {
  readonly type: 'alive';
  readonly incarnation: number;
  readonly node: string;
  readonly addr: Uint8Array;
  readonly port: number;
  readonly meta: Uint8Array | null;
  readonly vsn: Uint8Array;
}

export interface UserMessage {
  readonly type: 'user';
  readonly body: Uint8Array;
}

/** What one datagram can carry once framing, encryption, compression and compounds are undone. */
export type PacketMessage = Ping | IndirectPing | Ack | Nack | Suspect | Dead | Alive | UserMessage;

/** One node's record in a push/pull exchange. */
export interface PushPullNode {
  readonly name: string;
  readonly addr: Uint8Array;
  readonly port: number;
  readonly meta: Uint8Array | null;
  readonly incarnation: number;
  readonly state: 'alive' | 'suspect' | 'dead' | 'left';
  readonly vsn: Uint8Array;
}

export interface PushPull {
  readonly type: 'pushPull';
  readonly join: boolean;
  readonly nodes: readonly PushPullNode[];
  readonly userState: Uint8Array;
}

export interface StreamError {
  readonly type: 'error';
  readonly message: string;
}

/** What one stream (TCP connection) can carry, in either direction. */
export type StreamMessage = PushPull | Ping | Ack | UserMessage | StreamError;
