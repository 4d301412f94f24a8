import { parseDurationMs } from '../config/durations.ts';
import { choice, directory, file, type Kind, matching, toggle } from '../config/kinds.ts';
import { option } from '../config/option.ts';
import { keyAlgorithms } from '../pki/keys.ts';
import { profiles } from '../pki/profiles.ts';
import type { Command } from './command.ts';
import { etcdAsE2d, json } from './common-flags.ts';

const shortestLifeMs = 10_000;
const longestLifeMs = parseDurationMs('100y') ?? 0;

const lifetimeKind: Kind<number> = {
  allowed: 'a duration from 10s to 100y, such as 24h, 90d or 5y',
  placeholder: 'DURATION',
  parse: (given) => {
    const lifeMs = parseDurationMs(given);
    const fits = lifeMs !== undefined && lifeMs >= shortestLifeMs && lifeMs <= longestLifeMs;
    return fits ? lifeMs : undefined;
  },
};

const hostsKind: Kind<readonly string[]> = {
  allowed: 'IP addresses and DNS names separated by commas, such as 10.0.0.5,db1.example,fd00::5',
  placeholder: 'HOST,...',
  parse: (given) => {
    const hosts = given.split(',').map((host) => host.trim());
    return hosts.filter((host) => host !== '');
  },
  joinedBy: ',',
};

const nameKind = matching(
  /^[A-Za-z0-9][\w.@-]{0,63}$/,
  'at most 64 letters, digits and . _ @ -, a letter or digit first',
  'NAME',
);

const authority = {
  'ca-cert': option(file, {
    group: 'TLS',
    help: 'certificate (PEM) of the authority',
    default: 'ca.crt',
  }),
  'ca-key': option(file, {
    group: 'TLS',
    help: 'private key (PEM) of the authority',
    default: 'ca.key',
  }),
};
const algorithm = option(choice(...keyAlgorithms), {
  group: 'TLS',
  help: 'kind of the new keys',
  defaultNote: "that of the authority's",
});
const lifetime = option(lifetimeKind, {
  group: 'TLS',
  help: 'how long they are valid; never longer than the authority',
  default: '43800h',
});
const hosts = option(hostsKind, {
  group: 'TLS',
  help: 'IP addresses and DNS names by which the node is reached',
});
const outputDir = option(directory, {
  group: 'Output',
  help: 'directory to write to; made if it is not there',
  default: '.',
});
const force = option(toggle, { group: 'Output', help: 'write over what is there' });
const dir = option(directory, {
  group: 'TLS',
  help: 'directory of the certificates, where no FILE is given',
  default: '.',
});
/** Of commands that look at what is there: the authority lies beside the certificates. */
const authorityBeside = {
  'ca-cert': option(file, {
    group: 'TLS',
    help: 'certificate (PEM) of the authority',
    defaultNote: 'ca.crt in --dir',
  }),
  'ca-key': option(file, {
    group: 'TLS',
    help: 'private key (PEM) of the authority',
    defaultNote: 'ca.key in --dir',
  }),
};
const certificateFiles = { name: 'FILE', isFile: true, many: true, optional: true } as const;

/** The family of `e2d pki`, in the order of help. */
export const pkiCommands: readonly Command[] = [
  {
    words: ['pki', 'init'],
    summary: 'make a certificate authority: the root of trust of a cluster',
    flags: {
      ...authority,
      algorithm: option(choice(...keyAlgorithms), {
        group: 'TLS',
        help: 'kind of its key; the first e2d reads rsa-2048 alone',
        default: 'ecdsa-p256',
      }),
      lifetime: option(lifetimeKind, {
        group: 'TLS',
        help: 'how long it is valid',
        default: '43800h',
      }),
      name: option(nameKind, { group: 'TLS', help: 'its common name', default: 'e2d-ca' }),
      force,
      json,
    },
    examples: [
      { does: 'ca.crt and ca.key in this directory', line: 'e2d pki init' },
      {
        does: 'Elsewhere, for ten years',
        line: 'e2d pki init --ca-cert /etc/e2d/ca.crt --ca-key /etc/e2d/ca.key --lifetime 10y',
      },
    ],
    load: () => import('./commands/pki-init.ts'),
  },
  {
    words: ['pki', 'gencerts'],
    summary: 'issue the server, peer and client certificates of a node',
    flags: {
      ...authority,
      hosts: option(hostsKind, {
        group: 'TLS',
        help: "further names of the node, besides loopback and this machine's address",
      }),
      'output-dir': outputDir,
      algorithm,
      lifetime,
      force,
      json,
    },
    examples: [
      {
        does: 'For another machine, from where the authority is',
        line: 'e2d pki gencerts --hosts 10.0.0.5,db1.example --output-dir db1',
      },
    ],
    load: () => import('./commands/pki-gencerts.ts'),
  },
  {
    words: ['pki', 'issue'],
    summary: 'issue one certificate and its key',
    flags: {
      profile: option(choice(...profiles), {
        group: 'TLS',
        help: 'what it is for: etcd’s client port, its peer port, or a client; needed',
      }),
      name: option(nameKind, {
        group: 'TLS',
        help: 'common name, which is the user to etcd, and the name of the files',
        defaultNote: '"etcd PROFILE", and the files are named after the profile',
      }),
      hosts,
      role: option(choice('viewer', 'operator'), {
        group: 'TLS',
        help: 'what its owner may do where e2d is asked from afar',
        defaultNote: 'nothing',
      }),
      ...authority,
      'output-dir': outputDir,
      algorithm,
      lifetime,
      force,
      json,
    },
    examples: [
      {
        does: 'For a person who may look, for a day',
        line: 'e2d pki issue --profile client --name alice --role viewer --lifetime 24h',
      },
    ],
    load: () => import('./commands/pki-issue.ts'),
  },
  {
    words: ['pki', 'renew'],
    summary: 'replace certificates and keys by new ones with the same names and usages',
    flags: {
      dir,
      ...authorityBeside,
      lifetime: option(lifetimeKind, {
        group: 'TLS',
        help: 'how long they are valid; never longer than the authority',
        defaultNote: 'as long as each was valid before',
      }),
      json,
    },
    argument: certificateFiles,
    examples: [
      { does: 'server, peer and client of a node', line: 'e2d pki renew --dir /etc/e2d' },
      { does: 'One, whose key lies beside it', line: 'e2d pki renew alice.crt' },
    ],
    load: () => import('./commands/pki-renew.ts'),
  },
  {
    words: ['pki', 'status'],
    summary: 'list certificates: names, usages, expiry, and what is wrong with them',
    flags: { dir, 'ca-cert': authorityBeside['ca-cert'], json },
    argument: certificateFiles,
    examples: [
      {
        does: 'All in a directory; exits with 1 when one is wrong',
        line: 'e2d pki status --dir /etc/e2d',
      },
    ],
    load: () => import('./commands/pki-status.ts'),
  },
  {
    words: ['pki', 'rotate'],
    summary: 'change the authority of a running cluster, in phases; called again it goes on',
    flags: {
      'new-ca-cert': option(file, {
        group: 'TLS',
        help: 'certificate (PEM) of the authority that is to be the only one',
      }),
      'new-ca-key': option(file, { group: 'TLS', help: 'its private key (PEM)' }),
      'old-ca-cert': option(file, {
        group: 'TLS',
        help: 'certificate (PEM) of the authority that is to go',
        defaultNote: 'the other one of --ca-cert',
      }),
      'old-ca-key': option(file, {
        group: 'TLS',
        help: 'its private key (PEM), which vouches for the new one',
        defaultNote: '--ca-key',
      }),
      'drop-old': option(toggle, {
        group: 'TLS',
        help: 'the third phase, too: clients with certificates of the old are refused then',
      }),
      abort: option(toggle, { group: 'TLS', help: 'call it off, while it is in its first phase' }),
      status: option(toggle, { group: 'Output', help: 'only show how far it is' }),
      ...etcdAsE2d,
      json,
    },
    examples: [
      {
        does: 'On a node: every member trusts the new one, and shows its certificates',
        line: 'e2d pki rotate --new-ca-cert new.crt --new-ca-key new.key --config e2d.yaml',
      },
      {
        does: 'When all clients have certificates of the new one, the old one goes',
        line: 'e2d pki rotate --drop-old --new-ca-cert new.crt --new-ca-key new.key',
      },
      { does: 'How far is it?', line: 'e2d pki rotate --status --config e2d.yaml' },
    ],
    load: () => import('./commands/pki-rotate.ts'),
  },
];
