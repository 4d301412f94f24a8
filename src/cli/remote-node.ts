import { resolve } from 'node:path';
import { hostPort } from '../config/address.ts';
import { badConfig } from '../config/bad-config.ts';
import { defaultControlPort } from '../config/control-config.ts';
import { address, file } from '../config/kinds.ts';
import { option } from '../config/option.ts';
import type { OptionValues } from '../config/options.ts';
import { resolvePaths } from '../config/paths.ts';
import type { Surroundings } from '../config/surroundings.ts';
import { readTlsFile } from '../node/tls.ts';
import type { Invocation } from './command.ts';
import { helpOf, ownFlag } from './own-flags.ts';

/** An e2d on another machine, and what is shown to it; all PEM. */
export interface RemoteNode {
  readonly host: string;
  readonly port: number;
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
}

/** The state dir of the node on this machine, or a node elsewhere. */
export type NodeAddress = string | RemoteNode;

/** The flags of commands that ask a node: the one on this machine, or another. */
export const remoteFlags = {
  endpoint: option(address, {
    group: 'TLS',
    help: 'ask the node of another machine, at its --control-addr',
  }),
  'ca-cert': option(file, {
    group: 'TLS',
    help: 'with --endpoint: certificate (PEM) of the authority that signed what the node shows',
  }),
  'client-cert': option(file, {
    group: 'TLS',
    help: 'with --endpoint: certificate to show, of O e2d:viewers or e2d:operators',
  }),
  'client-key': option(file, { group: 'TLS', help: 'private key of --client-cert' }),
};

/** Which node a command is about. Throws `E2D_BAD_CONFIG` and `E2D_TLS_FILE`. */
export async function nodeAddressOf(
  invocation: Invocation,
  values: OptionValues,
  surroundings: Surroundings,
): Promise<NodeAddress> {
  const endpoint = ownFlag('endpoint', invocation) as ReturnType<typeof address.parse>;
  if (endpoint === undefined) return resolvePaths(values, surroundings).stateDir;
  const problems: string[] = [];
  if (endpoint.host === null) problems.push('--endpoint needs the host of the node.');
  const needed = ['ca-cert', 'client-cert', 'client-key'] as const;
  const missing = needed.filter((name) => values[name] === undefined);
  if (missing.length > 0) {
    problems.push(`--endpoint also needs ${missing.map((name) => `--${name}`).join(', ')}.`);
  }
  if (problems.length > 0) throw badConfig({ problems, warnings: [] }, helpOf(invocation.command));
  const read = (name: (typeof needed)[number]) =>
    readTlsFile(resolve(surroundings.cwd, values[name] ?? ''));
  return {
    host: endpoint.host ?? '',
    port: endpoint.port ?? defaultControlPort,
    ca: await read('ca-cert'),
    certificate: await read('client-cert'),
    key: await read('client-key'),
  };
}

/** What to call a node in a sentence. */
export function placeOf(node: NodeAddress): string {
  return typeof node === 'string' ? node : hostPort(node.host, node.port);
}
