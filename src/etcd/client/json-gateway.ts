import { request } from 'node:https';
import type { EndpointTls } from './connection.ts';
import type { CallOptions } from './endpoint.ts';
import { EtcdFault } from './etcd-fault.ts';

const defaultTimeoutMs = 5_000;

/**
 * Whether a member answers etcd's API as JSON, too, at an `https:` client URL. With users that is a
 * back door: the gateway asks etcd by a certificate of its own, and lends its CN to whoever shows a
 * certificate without one. Rejects with an `EtcdFault`.
 */
export async function hasJsonGateway(
  url: string,
  { ca, certificate, key }: EndpointTls,
  { signal, timeoutMs = defaultTimeoutMs }: CallOptions,
): Promise<boolean> {
  const limit = AbortSignal.timeout(timeoutMs);
  const settings = {
    method: 'POST',
    agent: false,
    signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    ...{ ca, cert: certificate, key },
  };
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/v3/maintenance/status`, settings, (answer) => {
      answer.destroy();
      resolve(answer.statusCode !== 404);
    });
    asked.on('error', (problem) => {
      const code = limit.aborted ? 'deadline' : 'unavailable';
      reject(new EtcdFault(code, `${url}: it cannot be asked as JSON.`, problem));
    });
    asked.end('{}');
  });
}
