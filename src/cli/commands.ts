import { duration, toggle } from '../config/kinds.ts';
import type { Option } from '../config/option.ts';
import { option } from '../config/option.ts';
import type { OptionName } from '../config/options.ts';
import { optionOf, options } from '../config/options.ts';
import type { Command } from './command.ts';

const json = option(toggle, { group: 'Output', help: 'print JSON for a program' });

/** Every command, in the order of help. */
export const commands: readonly Command[] = [
  {
    words: ['run'],
    summary: 'run this node of an etcd cluster',
    flags: options,
    examples: [
      { does: 'One node on this machine alone, at 127.0.0.1:2379', line: 'e2d run' },
      {
        does: 'One of three machines; the others name one another likewise',
        line: 'e2d run -n 3 --data-dir /var/lib/etcd --bootstrap-addrs 10.0.0.5,10.0.0.6',
      },
      {
        does: 'Options from a file, one of them overruled',
        line: 'e2d run --config /etc/e2d.yaml --log-level debug',
      },
    ],
    load: () => import('./commands/run.ts'),
  },
  {
    words: ['status'],
    summary: 'show what the e2d on this machine sees, does and waits for',
    flags: {
      ...pick('data-dir', 'state-dir', 'config'),
      json,
      timeout: option(duration(1), {
        group: 'Output',
        help: 'how long to wait for an answer',
        default: '3s',
      }),
    },
    examples: [
      { does: 'The node whose data is in ./data', line: 'e2d status' },
      { does: 'For a program', line: 'e2d status --data-dir /var/lib/etcd --json' },
    ],
    load: () => import('./commands/status.ts'),
  },
  {
    words: ['etcd', 'install'],
    summary: "install etcd into e2d's cache",
    flags: {
      version: option(optionOf('etcd-version').kind, {
        group: 'etcd',
        help: 'version to install',
        defaultNote: 'the newest that e2d knows',
      }),
      ...pick('etcd-cache-dir', 'etcd-releases-url', 'config'),
    },
    examples: [
      { does: 'The newest known etcd', line: 'e2d etcd install' },
      { does: 'A certain one', line: 'e2d etcd install --version 3.5' },
    ],
    load: () => import('./commands/etcd-install.ts'),
  },
  {
    words: ['etcd', 'list'],
    summary: 'list the etcd binaries that e2d finds, best first',
    flags: { ...pick('etcd-bin-dir', 'etcd-cache-dir', 'config'), json },
    examples: [{ does: 'For a person', line: 'e2d etcd list' }],
    load: () => import('./commands/etcd-list.ts'),
  },
  {
    words: ['completion'],
    summary: 'print a completion script for a shell',
    flags: {},
    argument: { name: 'SHELL', choices: ['bash', 'zsh', 'fish'] },
    examples: [
      { does: 'bash, in this session', line: 'source <(e2d completion bash)' },
      {
        does: 'fish, for good',
        line: 'e2d completion fish > ~/.config/fish/completions/e2d.fish',
      },
    ],
    load: () => import('./commands/completion.ts'),
  },
  {
    words: ['version'],
    summary: 'print the version of e2d',
    flags: { json },
    examples: [{ does: 'For a program', line: 'e2d version --json' }],
    load: () => import('./commands/version.ts'),
  },
];

function pick(...names: readonly OptionName[]): Readonly<Record<string, Option>> {
  return Object.fromEntries(names.map((name) => [name, optionOf(name)]));
}
