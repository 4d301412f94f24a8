import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { connect as dialSocket } from 'node:net';
import type { EndpointTls } from './connection.ts';

/** What etcd may send ahead of us. */
const windowBytes = 2 * 1024 * 1024;
const prefixBytes = 5;

/**
 * For calls that the gRPC client cannot make, or not fast enough. `url` may be `unix:` and the path
 * of a socket. Its caller ends it.
 */
export function dialHttp2(url: string, tls: EndpointTls | undefined): ClientHttp2Session {
  const [, socket] = /^unix:(.*)$/s.exec(url) ?? [];
  const session = connect(socket === undefined ? url : 'http://localhost', {
    settings: { enablePush: false, initialWindowSize: windowBytes },
    ...(socket === undefined ? {} : { createConnection: () => dialSocket(socket) }),
    ...(tls === undefined ? {} : { ca: tls.ca, cert: tls.certificate, key: tls.key }),
  });
  session.once('connect', () => session.setLocalWindowSize(windowBytes));
  return session;
}

interface GrpcMessage {
  readonly message?: Buffer;
  readonly token?: string | null;
}

/** Sends the one message of a call; `method` is e.g. `Maintenance/Snapshot`. */
export function grpcRequest(
  session: ClientHttp2Session,
  method: string,
  { message = Buffer.alloc(0), token = null }: GrpcMessage = {},
): ClientHttp2Stream {
  const request = session.request({
    ':method': 'POST',
    ':path': `/etcdserverpb.${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...(token === null ? {} : { token }),
  });
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  request.end(Buffer.concat([prefix, message]));
  return request;
}
