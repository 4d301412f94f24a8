import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as overHttp } from 'node:http';
import { Agent as HttpsAgent, request as overHttps } from 'node:https';
import type { Member, MemberList, MemberStatus } from '../../machines/facts.ts';
import { accessTo } from './client-access.ts';

export interface StoredKey {
  readonly key: string;
  readonly value: string;
  readonly modRevision: number;
}

type Json = Record<string, unknown>;

/**
 * One member of etcd, asked over its JSON gateway. It is deliberately not the client that e2d uses:
 * each call is one request to one member, without retries, fail-over or caching.
 */
export class EtcdGateway {
  readonly endpoint: string;
  readonly #agent: HttpAgent;
  readonly #scheme: 'http' | 'https';
  readonly #timeoutMs: number;

  /** `endpoint` is `host:port`; each call fails after `timeoutMs`. */
  constructor(endpoint: string, timeoutMs = 1_500) {
    this.endpoint = endpoint;
    this.#timeoutMs = timeoutMs;
    const files = accessTo(endpoint);
    this.#scheme = files === null ? 'http' : 'https';
    this.#agent =
      files === null
        ? new HttpAgent({ keepAlive: true })
        : new HttpsAgent({
            keepAlive: true,
            ca: readFileSync(files.ca),
            cert: readFileSync(files.certificate),
            key: readFileSync(files.key),
          });
  }

  /** Resolves to the revision of the write once etcd has acknowledged it. */
  async put(key: string, value: string, timeoutMs?: number): Promise<number> {
    const body = { key: encode(key), value: encode(value) };
    const answer = await this.#call('/v3/kv/put', body, timeoutMs);
    return Number(headerOf(answer)['revision']);
  }

  /** Every key with the prefix in one revision, read through the leader. */
  async list(prefix: string): Promise<StoredKey[]> {
    const bytes = Buffer.from(prefix);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) + 1;
    const answer = await this.#call(
      '/v3/kv/range',
      { key: encode(prefix), range_end: bytes.toString('base64') },
      30_000,
    );
    return listOf(answer['kvs']).map((pair) => ({
      key: decode(pair['key']),
      value: decode(pair['value']),
      modRevision: Number(pair['mod_revision']),
    }));
  }

  /** A read that the member may answer only after it has heard from a quorum. */
  async readLinearizably(timeoutMs?: number): Promise<void> {
    await this.#call('/v3/kv/range', { key: encode('linearizable') }, timeoutMs);
  }

  /** The member list; unless `linearizable`, as this member has it, which may be old. */
  async members(options: { readonly linearizable?: boolean } = {}): Promise<MemberList> {
    const linearizable = options.linearizable ?? false;
    const answer = await this.#call(
      '/v3/cluster/member/list',
      linearizable ? { linearizable } : {},
    );
    return {
      clusterId: idOf(headerOf(answer)['cluster_id']),
      members: listOf(answer['members']).map(memberOf),
    };
  }

  async status(): Promise<MemberStatus> {
    const answer = await this.#call('/v3/maintenance/status', {});
    const header = headerOf(answer);
    const leaderId = idOf(answer['leader']);
    return {
      memberId: idOf(header['member_id']),
      clusterId: idOf(header['cluster_id']),
      leaderId: leaderId === '0' ? null : leaderId,
      raftTerm: Number(answer['raftTerm']),
      raftIndex: Number(answer['raftIndex']),
      raftAppliedIndex: Number(answer['raftAppliedIndex'] ?? 0),
      revision: Number(header['revision']),
      dbSizeBytes: Number(answer['dbSize']),
      version: String(answer['version']),
      learner: answer['isLearner'] === true,
    };
  }

  close(): void {
    this.#agent.destroy();
  }

  #call(path: string, body: Json, timeoutMs = this.#timeoutMs): Promise<Json> {
    return new Promise((resolve, reject) => {
      const request = this.#scheme === 'http' ? overHttp : overHttps;
      const req = request(
        `${this.#scheme}://${this.endpoint}${path}`,
        { method: 'POST', agent: this.#agent, signal: AbortSignal.timeout(timeoutMs) },
        (res) => {
          const chunks: Buffer[] = [];
          res.on('data', (chunk: Buffer) => chunks.push(chunk));
          res.on('error', reject);
          res.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            if (res.statusCode === 200) resolve(JSON.parse(text) as Json);
            else reject(new Error(`${this.endpoint}${path}: ${res.statusCode} ${text.trim()}`));
          });
        },
      );
      req.on('error', (error) => reject(new Error(`${this.endpoint}${path}: ${error.message}`)));
      req.end(JSON.stringify(body));
    });
  }
}

function memberOf(entry: Json): Member {
  return {
    id: idOf(entry['ID']),
    name: String(entry['name'] ?? ''),
    peerUrls: (entry['peerURLs'] as string[] | undefined) ?? [],
    clientUrls: (entry['clientURLs'] as string[] | undefined) ?? [],
    learner: entry['isLearner'] === true,
  };
}

function headerOf(answer: Json): Json {
  return (answer['header'] as Json | undefined) ?? {};
}

function listOf(value: unknown): Json[] {
  return (value as Json[] | undefined) ?? [];
}

/** The gateway writes 64-bit ids as decimal strings; etcd logs them as hexadecimal. */
function idOf(value: unknown): string {
  return BigInt(String(value ?? 0)).toString(16);
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decode(value: unknown): string {
  return Buffer.from(String(value ?? ''), 'base64').toString();
}
