import { constants } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { E2dError, textOf } from '../errors/e2d-error.ts';
import { harmless } from '../errors/shown.ts';
import { answerOne, type ExchangeLimits, exchangeLimits } from './line-exchange.ts';
import { type Refusal, refusal } from './refusal.ts';
import { fingerprintOf, type RemoteControlFiles, readRemoteFiles } from './remote-files.ts';
import { type Service, serveLine } from './requests.ts';
import { nameOf, noRole, type RemoteCaller, roleOf } from './roles.ts';

export interface RemoteLimits extends ExchangeLimits {
  readonly handshakeMs: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

const remoteLimits: RemoteLimits = {
  ...exchangeLimits,
  handshakeMs: 5_000,
  connections: 64,
  connectionsPerAddress: 16,
};

const everyContext = {
  minVersion: 'TLSv1.2',
  // Every connection shows its certificate anew: none is taken up from an earlier one.
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const;

export interface RemoteControlOptions {
  /** An IP address; 0 as the port lets the system choose one. */
  readonly host: string;
  readonly port: number;
  readonly files: RemoteControlFiles;
  readonly service: Service;
  /** Told, in a sentence, of a client that was turned away before it could ask. */
  readonly onTurnedAway: (sentence: string) => void;
  /** Told, in a sentence, of files that have changed and are of no use: the former ones stay. */
  readonly onTrouble: (sentence: string) => void;
  /** How often to look whether the files have changed. */
  readonly lookEveryMs?: number;
  readonly limits?: Partial<RemoteLimits>;
}

export interface RemoteControl {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves the protocol of the control socket over TLS 1.2 or later, to clients whose certificate the
 * authority has signed, each by the role that its organization stands for. Files that are replaced
 * are taken up by themselves. Throws `E2D_TLS_FILE` and `E2D_CONTROL_ADDR`.
 */
export async function serveRemoteControl(options: RemoteControlOptions): Promise<RemoteControl> {
  const { files, host, port, service, onTurnedAway } = options;
  const limits = { ...remoteLimits, ...options.limits };
  const server = createServer({
    ...(await readRemoteFiles(files)),
    ...everyContext,
    requestCert: true,
    // Whoever is turned away is told why: `admit` does what this would do, before a byte is served.
    rejectUnauthorized: false,
    handshakeTimeout: limits.handshakeMs,
  });
  server.maxConnections = limits.connections;
  const end = limitConnections(server, limits.connectionsPerAddress);
  server.on('tlsClientError', (problem, socket) => {
    onTurnedAway(
      `No TLS with ${socket.remoteAddress ?? 'a client'}: ${harmless(textOf(problem).trim())}.`,
    );
    socket.destroy();
  });
  server.on('secureConnection', (socket) => {
    const admitted = admit(socket);
    if ('error' in admitted) {
      onTurnedAway(`${socket.remoteAddress ?? 'A client'}: ${admitted.error.message}.`);
    }
    const answer = async (line: string) =>
      'error' in admitted ? admitted : serveLine(line, admitted, { service, gate: () => null });
    answerOne(socket, answer, limits);
  });
  await listen(server, { host, port });
  server.on('error', (problem) => options.onTrouble(`Remote control: ${textOf(problem)}.`));
  const endRenewal = await takeUpRenewed(server, options);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async close() {
      endRenewal();
      const closed = once(server, 'close');
      server.close();
      end();
      await closed;
    },
  };
}

/** Who a client is, or why nothing that it says is heeded. */
function admit(socket: TLSSocket): RemoteCaller | Refusal {
  const code = 'E2D_CONTROL_DENIED';
  const certificate = socket.getPeerCertificate();
  if (certificate?.raw === undefined) {
    const remedy = 'Ask with --client-cert and --client-key.';
    return refusal('no client certificate was shown', { code, remedy });
  }
  if (!socket.authorized || socket.isSessionReused()) {
    const why = String(socket.authorizationError ?? 'it was not shown anew');
    const remedy = 'Ask with a client certificate of the authority of --control-ca-cert.';
    return refusal(`the client certificate is not accepted (${why})`, { code, remedy });
  }
  const role = roleOf(certificate);
  if (role === null) return noRole(certificate);
  const { serialNumber } = certificate;
  const address = socket.remoteAddress ?? 'an unknown address';
  return { kind: 'remote', name: nameOf(certificate), role, address, serialNumber };
}

/** Hangs up on what an address has too many of. Gives what ends every connection. */
function limitConnections(server: Server, mostPerAddress: number): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    const others = [...open].filter((other) => other.remoteAddress === remoteAddress);
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    if (others.length >= mostPerAddress) socket.destroy();
  });
  return () => {
    for (const socket of open) socket.destroy();
  };
}

async function listen(
  server: Server,
  { host, port }: Pick<RemoteControlOptions, 'host' | 'port'>,
): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    throw new E2dError(`Remote control cannot be served at ${host}:${port}: ${textOf(cause)}.`, {
      code: 'E2D_CONTROL_ADDR',
      remedy: 'Give --control-addr an address of this machine with a port that nothing else uses.',
      cause,
    });
  }
}

const usualLookEveryMs = 5_000;

/** Takes up files that were replaced, as whoever renews certificates does. Gives what ends it. */
async function takeUpRenewed(
  server: Server,
  { files, onTrouble, lookEveryMs = usualLookEveryMs }: RemoteControlOptions,
): Promise<() => void> {
  let taken = await fingerprintOf(files);
  const look = async () => {
    const now = await fingerprintOf(files);
    if (now === taken) return;
    // Files that are half replaced are looked at again when they have changed again.
    taken = now;
    try {
      server.setSecureContext({ ...(await readRemoteFiles(files)), ...everyContext });
    } catch (problem) {
      onTrouble(`Remote control keeps its former certificate: ${textOf(problem)}`);
    }
  };
  const timer = setInterval(() => void look(), lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
