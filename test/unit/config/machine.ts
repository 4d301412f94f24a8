import type { Given } from '../../../src/config/given.ts';
import { type CommandLine, loadConfig } from '../../../src/config/load-config.ts';
import type { NodeConfig } from '../../../src/config/node-config.ts';
import { findOption } from '../../../src/config/options.ts';
import type { Surroundings } from '../../../src/config/surroundings.ts';
import { E2dError } from '../../../src/errors/e2d-error.ts';

const loopback = { address: '127.0.0.1', family: 'IPv4', internal: true } as const;
const lan = { address: '10.0.0.5', family: 'IPv4', internal: false } as const;

export interface World {
  readonly flags?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly hosts?: Readonly<Record<string, string>>;
  readonly addresses?: readonly { address: string; family: string; internal: boolean }[];
  readonly terminal?: boolean;
}

/** A machine that exists only here, with one LAN address unless said otherwise. */
export function surroundings(world: World): Surroundings {
  const addresses = world.addresses ?? [loopback, lan];
  return {
    env: world.env ?? {},
    cwd: '/srv',
    homeDir: '/home/ann',
    logIsTerminal: world.terminal ?? false,
    readFile: (path) => {
      const text = world.files?.[path];
      if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
      return text;
    },
    networkInterfaces: () => ({ eth0: addresses as never }),
    resolveHost: async (name) => {
      const ip = world.hosts?.[name];
      if (ip === undefined) throw new Error(`getaddrinfo ENOTFOUND ${name}`);
      return ip;
    },
  };
}

export function commandLine(flags: Readonly<Record<string, string>> = {}): CommandLine {
  const given = Object.entries(flags).map(
    ([name, text]): Given => ({ option: findOption(name) ?? name, origin: `--${name}`, text }),
  );
  return { given, problems: [], warnings: [] };
}

export function load(world: World = {}): Promise<NodeConfig> {
  return loadConfig(commandLine(world.flags), surroundings(world));
}

/** The text of the error that loading ends with. */
export async function refusal(world: World): Promise<string> {
  try {
    await load(world);
  } catch (error) {
    if (error instanceof E2dError && error.code === 'E2D_BAD_CONFIG' && error.exit === 2) {
      return error.message;
    }
    throw error;
  }
  throw new Error('The configuration was accepted.');
}

export const allTlsFiles = {
  'ca-cert': 'ca.crt',
  'server-cert': 'server.crt',
  'server-key': 'server.key',
  'peer-cert': 'peer.crt',
  'peer-key': 'peer.key',
};

export const readableTlsFiles = Object.fromEntries(
  [...Object.values(allTlsFiles), 'ca.key', 'client.crt', 'client.key'].map((name) => [
    `/srv/${name}`,
    'PEM',
  ]),
);
