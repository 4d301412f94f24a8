import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, isIPv6, type Server, type Socket as TcpSocket } from 'node:net';
import { canonicalIp, formatAddress, type SocketAddress } from './address.ts';
import { GossipError } from './gossip-error.ts';
import type { ByteStream, StreamHandlers, Transport, TransportHandlers } from './transport.ts';

/** Room for bursts while our event loop is busy elsewhere. */
const RECEIVE_BUFFER_BYTES = 2 * 1024 * 1024;
/** Connections are accepted all at once: as many as may hold up everything else. */
const BACKLOG = 64;
/** With port 0 the free TCP port may be taken for UDP: then another one is tried. */
const FREE_PORT_ATTEMPTS = 10;

/** UDP and TCP on one port, IPv4 or IPv6 as the bind address is; `::` takes both. */
export class SocketTransport implements Transport {
  readonly #bind: SocketAddress;
  readonly #tcpSockets = new Set<TcpSocket>();
  #udp: UdpSocket | undefined;
  #server: Server | undefined;
  #stopped = false;

  constructor(bind: SocketAddress) {
    this.#bind = bind;
  }

  async start(handlers: TransportHandlers): Promise<SocketAddress> {
    const server = createServer((socket) => this.#accept(socket, handlers));
    const udp = await this.#listen(server, this.#bind.port === 0 ? FREE_PORT_ATTEMPTS : 1);
    this.#server = server;
    this.#udp = udp;
    udp.on('message', (bytes, from) => {
      handlers.onPacket(bytes, {
        addr: canonicalIp(from.address) ?? from.address,
        port: from.port,
      });
    });
    udp.on('error', (error) => handlers.onProblem(`gossip over UDP: ${error.message}`));
    server.on('error', (error) => handlers.onProblem(`gossip over TCP: ${error.message}`));
    if (this.#stopped) await this.stop();
    return { addr: this.#bind.addr, port: udp.address().port };
  }

  sendPacket(to: SocketAddress, bytes: Uint8Array, onError?: (error: Error) => void): void {
    const udp = this.#udp;
    if (udp === undefined || this.#stopped) return;
    const mapped = isIPv6(this.#bind.addr) && !isIPv6(to.addr) ? `::ffff:${to.addr}` : to.addr;
    udp.send(bytes, to.port, mapped, (error) => {
      if (error !== null && !this.#stopped) onError?.(error);
    });
  }

  openStream(to: SocketAddress, handlers: StreamHandlers): ByteStream {
    const socket = connect({ host: to.addr, port: to.port, noDelay: true });
    return this.#adopt(socket, () => handlers);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const udp = this.#udp;
    const server = this.#server;
    this.#udp = undefined;
    this.#server = undefined;
    for (const socket of this.#tcpSockets) socket.destroy();
    await Promise.all([
      udp && new Promise<void>((resolve) => udp.close(() => resolve())),
      server && new Promise<void>((resolve) => server.close(() => resolve())),
    ]);
  }

  async #listen(server: Server, attempts: number): Promise<UdpSocket> {
    const { addr, port } = this.#bind;
    try {
      await listenTcp(server, this.#bind);
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      return await listenUdp({ addr, port: bound });
    } catch (error) {
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
      if (attempts > 1) return this.#listen(server, attempts - 1);
      throw listenError(this.#bind, error);
    }
  }

  #accept(socket: TcpSocket, handlers: TransportHandlers): void {
    const { remoteAddress: addr, remotePort: port } = socket;
    if (addr === undefined || port === undefined || this.#stopped) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    const from = { addr: canonicalIp(addr) ?? addr, port };
    this.#adopt(socket, (stream) => handlers.onStream(stream, from));
  }

  #adopt(socket: TcpSocket, handlersFor: (stream: ByteStream) => StreamHandlers): ByteStream {
    const stream: ByteStream = {
      write: (bytes) => {
        if (!socket.destroyed) socket.write(bytes);
      },
      end: () => socket.end(),
      destroy: () => socket.destroy(),
    };
    this.#tcpSockets.add(socket);
    let problem: string | undefined;
    socket.on('error', (error) => {
      problem = error.message;
    });
    const handlers = handlersFor(stream);
    socket.on('data', (chunk) => {
      if (!this.#stopped && !socket.destroyed) handlers.onData(chunk);
    });
    socket.on('close', () => {
      this.#tcpSockets.delete(socket);
      if (!this.#stopped) handlers.onClose(problem);
    });
    return stream;
  }
}

function listenTcp(server: Server, { addr: host, port }: SocketAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function listenUdp({ addr, port }: SocketAddress): Promise<UdpSocket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type: isIPv6(addr) ? 'udp6' : 'udp4',
      // Only addresses are ever sent to: no look-up, no detour.
      lookup: (host, _options, done) => done(null, host, isIPv6(host) ? 6 : 4),
    });
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: addr, port }, () => {
      socket.removeAllListeners('error');
      growReceiveBuffer(socket);
      resolve(socket);
    });
  });
}

/** A smaller buffer works too: the system's limit is not ours to change. */
function growReceiveBuffer(socket: UdpSocket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

function listenError(bind: SocketAddress, cause: unknown): GossipError {
  const where = formatAddress(bind);
  const inUse = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
  if (inUse) {
    return new GossipError(`the gossip address ${where} is already in use`, {
      code: 'GOSSIP_ADDRESS_IN_USE',
      remedy: 'stop the other process, or choose another gossip port',
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GossipError(`cannot listen for gossip on ${where}: ${reason}`, {
    code: 'GOSSIP_CANNOT_LISTEN',
    remedy: 'choose an address of this machine and a port that this user may use',
    cause,
  });
}
