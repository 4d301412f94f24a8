import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { z } from 'zod';
import type { RaftProgress } from '../../../machines/facts.ts';
import type { EndpointTls } from './connection.ts';
import type { CallOptions } from './endpoint.ts';
import { EtcdFault } from './etcd-fault.ts';

const largestAnswerBytes = 1024 * 1024;
const defaultTimeoutMs = 1_000;

const variablesSchema = z.object({
  'raft.status': z.object({
    id: z.string(),
    lead: z.string(),
    commit: z.int(),
    progress: z.record(z.string(), z.object({ match: z.int() })),
  }),
});

/**
 * How far the leader knows each member's log to reach. etcd has no call for it, but has published
 * raft's own account at `/debug/vars` of its client port since before 3.4. Only the leader's
 * counts.
 * @throws EtcdFault `not-leader` from any other member.
 */
export async function readRaftProgress(
  url: string,
  tls: EndpointTls | undefined,
  options: CallOptions = {},
): Promise<RaftProgress> {
  const text = await get(`${url}/debug/vars`, tls, options);
  const { id, lead, commit, progress } = parse(text, url);
  if (id !== lead) throw new EtcdFault('not-leader', `The member at ${url} is not the leader.`);
  const match = Object.entries(progress).map(([member, known]) => [member, known.match] as const);
  return { commit, match: Object.fromEntries(match) };
}

function parse(text: string, url: string) {
  try {
    return variablesSchema.parse(JSON.parse(text))['raft.status'];
  } catch (problem) {
    throw new EtcdFault('unexpected-answer', `${url} does not tell raft's progress.`, problem);
  }
}

function get(
  url: string,
  tls: EndpointTls | undefined,
  { signal, timeoutMs = defaultTimeoutMs }: CallOptions,
): Promise<string> {
  const limit = AbortSignal.timeout(timeoutMs);
  const settings = {
    agent: false,
    signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    ...(tls === undefined ? {} : { ca: tls.ca, cert: tls.certificate, key: tls.key }),
  };
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const fail = (problem: Error) =>
      reject(new EtcdFault(limit.aborted ? 'deadline' : 'unavailable', `${url} failed.`, problem));
    const asked = send(url, settings, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('error', fail);
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > largestAnswerBytes) answer.destroy(new Error('the answer is too long'));
      });
      answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    });
    asked.on('error', fail);
    asked.end();
  });
}
