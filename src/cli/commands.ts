import { rules } from '../../machines/rules.ts';
import { choice, duration, file, integer, integerOf, toggle } from '../config/kinds.ts';
import { option } from '../config/option.ts';
import { optionOf, options } from '../config/options.ts';
import { codes } from '../errors/codes.ts';
import { scriptNames } from '../playground/story-names.ts';
import type { Command } from './command.ts';
import { json, pick } from './common-flags.ts';
import { etcdUserCommands } from './etcd-user-commands.ts';
import { gossipKeyCommands } from './gossip-key-commands.ts';
import { pkiCommands } from './pki-commands.ts';
import { remoteFlags } from './remote-node.ts';
import { replayFlags } from './replay-flags.ts';
import { restoreCommands } from './restore-commands.ts';
import { snapshotCommands } from './snapshot-commands.ts';

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
      ...remoteFlags,
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
      {
        does: 'The node of another machine, which runs with --control-addr',
        line: 'e2d status --endpoint 10.0.0.5 --ca-cert ca.crt --client-cert me.crt --client-key me.key',
      },
    ],
    load: () => import('./commands/status.ts'),
  },
  {
    words: ['metrics'],
    summary: 'print the state of the node on this machine as metrics for Prometheus',
    flags: {
      ...pick('data-dir', 'state-dir', 'config'),
      ...remoteFlags,
      output: option(file, {
        group: 'Output',
        help: 'write them to this file, as a whole, instead of standard output',
      }),
      timeout: option(duration(1), {
        group: 'Output',
        help: 'how long to wait for an answer',
        default: '3s',
      }),
    },
    examples: [
      {
        does: "For node_exporter's textfile collector",
        line: 'e2d metrics --output /var/lib/node_exporter/e2d.prom',
      },
    ],
    load: () => import('./commands/metrics.ts'),
  },
  {
    words: ['inspect'],
    summary: 'show the live statechart of the e2d on this machine: where it is, and why',
    flags: {
      format: option(choice('tree', 'json', 'mermaid', 'dot', 'svg'), {
        group: 'Output',
        help: 'how to show it; the last three are the chart with the active states marked',
        default: 'tree',
      }),
      watch: option(toggle, { group: 'Output', help: 'show it live in the terminal' }),
      web: option(toggle, { group: 'Output', help: 'serve a page that draws it live' }),
      port: option(integer(0, 65_535), {
        group: 'Output',
        help: 'the port of that page, on 127.0.0.1',
        defaultNote: 'a free one',
      }),
      ...pick('data-dir', 'state-dir', 'config'),
      ...remoteFlags,
      timeout: option(duration(1), {
        group: 'Output',
        help: 'how long to wait for an answer',
        default: '3s',
      }),
    },
    examples: [
      { does: 'The node whose data is in ./data, live', line: 'e2d inspect --watch' },
      { does: 'A page for the browser', line: 'e2d inspect --web --port 8080' },
      { does: 'A picture of now', line: 'e2d inspect --format svg > now.svg' },
    ],
    load: () => import('./commands/inspect.ts'),
  },
  {
    words: ['explain'],
    summary: 'say what a rule, a state, an error code or another word of e2d means',
    flags: { json },
    argument: {
      name: 'WORD',
      optional: true,
      offers: [...Object.keys(rules), ...Object.keys(codes)],
    },
    examples: [
      { does: 'A rule that a refusal named', line: 'e2d explain S11' },
      { does: 'A state that inspect shows', line: 'e2d explain settling.remembering' },
      { does: 'Everything there is', line: 'e2d explain' },
    ],
    load: () => import('./commands/explain.ts'),
  },
  {
    words: ['replay'],
    summary: 'replay event logs: check them, and show what a node did and why',
    flags: replayFlags,
    argument: { name: 'FILE', isFile: true, many: true },
    examples: [
      {
        does: 'All that a node has recorded',
        line: 'e2d replay /var/lib/etcd/e2d/events',
      },
      {
        does: 'Three nodes on one time line, from ten minutes after the start',
        line: 'e2d replay --states --from 10m a.jsonl b.jsonl c.jsonl.gz',
      },
      { does: 'Why it was in its state then', line: 'e2d replay --why 10:02:31 a.jsonl' },
      { does: 'A picture of that moment', line: 'e2d replay --svg=then.svg --until 120 a.jsonl' },
      {
        does: 'The first decision that would have differed',
        line: 'e2d replay --what-if health-check-timeout=1m a.jsonl',
      },
    ],
    load: () => import('./commands/replay.ts'),
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
  ...gossipKeyCommands,
  ...etcdUserCommands,
  ...snapshotCommands,
  ...restoreCommands,
  ...pkiCommands,
  {
    words: ['playground'],
    summary: 'start a throw-away cluster on this machine, to hurt it and watch it recover',
    flags: {
      nodes: option(integerOf(1, 3, 5), {
        group: 'Cluster',
        help: 'number of nodes',
        default: '3',
        short: 'n',
      }),
      script: option(choice(...scriptNames), {
        group: 'Output',
        help: 'tell a story in plain lines, without a terminal; it decides the exit code',
      }),
      ...pick('etcd-bin-dir', 'etcd-cache-dir', 'etcd-version', 'etcd-releases-url', 'config'),
    },
    examples: [
      { does: 'Three nodes, live in the terminal', line: 'e2d playground' },
      { does: 'A story, for a pipeline', line: 'e2d playground --script kill-leader' },
    ],
    load: () => import('./commands/playground.ts'),
  },
  {
    words: ['simulate'],
    summary: 'let simulated clusters live through faults, and check every safety rule',
    flags: {
      seed: option(integer(0, 2 ** 32 - 1), { group: 'Cluster', help: 'run this seed alone' }),
      seeds: option(integer(1, 1_000_000), {
        group: 'Cluster',
        help: 'how many seeds to run',
        default: '100',
      }),
      from: option(integer(0, 2 ** 31), {
        group: 'Cluster',
        help: 'the first of them',
        default: '1',
      }),
      shrink: option(toggle, {
        group: 'Output',
        help: 'leave out faults of a seed that fails until no more can go',
      }),
      coverage: option(file, {
        group: 'Output',
        help: 'write what was reached as a Markdown page',
      }),
      json,
    },
    examples: [
      { does: 'A hundred clusters', line: 'e2d simulate' },
      {
        does: 'A seed that failed, with as few faults as it takes',
        line: 'e2d simulate --seed 42 --shrink',
      },
    ],
    load: () => import('./commands/simulate.ts'),
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
