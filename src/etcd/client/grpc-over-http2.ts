import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { EndpointTls } from './connection.ts';

/** What etcd may send ahead of us. */
const windowBytes = 2 * 1024 * 1024;
const prefixBytes = 5;

/** For calls that the gRPC client cannot make, or not fast enough. Its caller ends it. */
export function dialHttp2(url: string, tls: EndpointTls | undefined): ClientHttp2Session {
  const session = connect(url, {
    settings: { enablePush: false, initialWindowSize: windowBytes },
    ...(tls === undefined ? {} : { ca: tls.ca, cert: tls.certificate, key: tls.key }),
  });
  session.once('connect', () => session.setLocalWindowSize(windowBytes));
  return session;
}

/** Sends the one message of a call; `method` is e.g. `Maintenance/Snapshot`. */
export function grpcRequest(
  session: ClientHttp2Session,
  method: string,
  message: Buffer,
): ClientHttp2Stream {
  const request = session.request({
    ':method': 'POST',
    ':path': `/etcdserverpb.${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  request.end(Buffer.concat([prefix, message]));
  return request;
}
