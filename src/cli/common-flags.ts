import { toggle } from '../config/kinds.ts';
import type { Option } from '../config/option.ts';
import { option } from '../config/option.ts';
import type { OptionName } from '../config/options.ts';
import { optionOf } from '../config/options.ts';

/** The flags of every command. */
export const commonFlags = {
  help: option(toggle, { group: 'Output', help: 'show this help', short: 'h' }),
  verbose: optionOf('verbose'),
};

/** Of commands that answer people and programs. */
export const json = option(toggle, { group: 'Output', help: 'print JSON for a program' });

/** Options of the node, as flags of a command. */
export function pick(...names: readonly OptionName[]): Readonly<Record<string, Option>> {
  return Object.fromEntries(names.map((name) => [name, optionOf(name)]));
}

/** The node's certificates, and whom it trusts. */
export const tls = pick(
  'ca-cert',
  'peer-ca-cert',
  'server-cert',
  'server-key',
  'peer-cert',
  'peer-key',
  'client-cert',
  'client-key',
  'client-cert-auth',
);

/** What leads to this node's own etcd. */
export const ownEtcd = { ...pick('host', 'client-addr', 'required-cluster-size'), ...tls };

/** What leads to it with the rights of e2d, or of root where the authority's key is at hand. */
export const etcdAsE2d = { ...ownEtcd, ...pick('ca-key', 'config') };
