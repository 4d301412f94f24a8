import type { SocketAddress } from './address.ts';

/** What the user of a stream is told. `onClose` comes once, last, with a reason if it broke. */
export interface StreamHandlers {
  onData(chunk: Uint8Array): void;
  onClose(problem?: string): void;
}

/** A byte stream. Writing is allowed at once, also while the connection is still being made. */
export interface ByteStream {
  write(bytes: Uint8Array): void;
  /** Sends what is written, then closes. */
  end(): void;
  /** Closes now; `onClose` follows without a reason. */
  destroy(): void;
}

export interface TransportHandlers {
  onPacket(bytes: Uint8Array, from: SocketAddress): void;
  /** A peer opened a stream: gives back who listens to it. */
  onStream(stream: ByteStream, from: SocketAddress): StreamHandlers;
  /** The transport itself is in trouble; it goes on as well as it can. */
  onProblem(message: string): void;
}

/** Datagrams and streams between addresses: sockets in production, a simulated network in tests. */
export interface Transport {
  /** Gives the address it listens on, for packets and streams alike. Rejects when it is taken. */
  start(handlers: TransportHandlers): Promise<SocketAddress>;
  /** Sends from the listening address. `onError` runs when the packet could not even be sent. */
  sendPacket(to: SocketAddress, bytes: Uint8Array, onError?: (error: Error) => void): void;
  openStream(to: SocketAddress, handlers: StreamHandlers): ByteStream;
  /** Closes everything; no handler is called afterwards. */
  stop(): Promise<void>;
}
