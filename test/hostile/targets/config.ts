import { commonFlags } from '../../../src/cli/common-flags.ts';
import { readArguments } from '../../../src/cli/read-arguments.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { optionNames, options, variableOf } from '../../../src/config/options.ts';
import { redactedConfig } from '../../../src/config/redact.ts';
import type { Surroundings } from '../../../src/config/surroundings.ts';
import type { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import type { Target } from '../fuzz.ts';

const secret = 'hunter2-hunter2';
const secretOptions = optionNames.filter((name) => 'secret' in options[name]);
const file = [
  'data-dir: /var/lib/e2d',
  'required-cluster-size: 3',
  'bootstrap-addrs:',
  '  - 10.0.0.1:7980',
  '  - "[2001:db8::7]"',
  'health-check-timeout: 1m30s',
  'etcd-extra-args: "--max-txn-ops=256 --metrics=extensive"',
  'snapshot-backup-url: s3://bucket/prefix',
  'client-addr: 127.0.0.1:2379',
  'verbose: yes',
  ...secretOptions.map((name) => `${name}: ${secret}`),
].join('\n');
const words = [
  '&a [',
  '*a',
  '<<: *a',
  '!!js/function x',
  '--- ',
  '? ',
  '- - - - ',
  '{{{{{{{{',
  '[[[[[[[[[[',
  '  '.repeat(50),
  ...optionNames.map((name) => `\n${name}: `),
];
const bomb = [
  'a: &a ["x","x","x","x","x","x","x","x","x"]',
  ...'bcdefghi'.split('').map((name, at) => {
    const before = `*${'abcdefghi'[at]}`;
    return `${name}: &${name} [${Array(9).fill(before).join(',')}]`;
  }),
].join('\n');

function surroundings(files: string, env: Record<string, string>): Surroundings {
  return {
    env,
    cwd: '/work-folder',
    homeDir: '/home/somebody',
    logIsTerminal: false,
    readFile: (path) => (path === '/etc/e2d.yaml' ? files : ''),
    networkInterfaces: () => ({}),
    resolveHost: async () => '10.0.0.9',
  };
}

async function load(
  args: readonly string[],
  env: Record<string, string>,
  text: string,
): Promise<void> {
  const line = readArguments(args, { ...options, ...commonFlags });
  const config = await loadConfig(line, surroundings(text, env));
  const shown = JSON.stringify(redactedConfig(config));
  if (shown.includes(secret)) throw new Error('a secret is shown');
}

const files: Target = {
  name: 'configuration files',
  corpus: [file, bomb, '{"data-dir": "/x", "bootstrap-addrs": ["a", "b"]}'],
  words,
  secrets: [secret],
  maxMs: 1000,
  feed: (input) => load(['--config', '/etc/e2d.yaml'], {}, Buffer.from(input).toString('utf8')),
};

/** Values that all kinds of options have to get along with. */
const values = [
  '10.0.0.1:7980',
  '[2001:db8::7]:1,db1.example',
  '1h30m',
  '1111111111111s',
  '0.5.5s',
  's3://bucket/x',
  '--max-txn-ops=256 "--a b"',
  'a-b-c',
  '3',
];

function textOf(input: Uint8Array): string {
  return Buffer.from(input).toString('utf8').replaceAll('\0', '');
}

const variables: Target = {
  name: 'configuration variables',
  corpus: values,
  words: ['1', '9', '.', ':', '"', "'", ',', ' ', 'm', 's'],
  secrets: [secret],
  maxMs: 500,
  feed(input, random: SeededRandom) {
    const text = textOf(input);
    const name = random.chance(0.1) ? text : variableOf(random.pick(optionNames));
    const hidden = variableOf(random.pick(secretOptions));
    return load([], { [name]: text, [hidden]: secret + text }, '');
  },
};

const flags: Target = {
  name: 'command lines',
  corpus: values,
  words: ['--', '-', '='],
  secrets: [secret],
  maxMs: 500,
  feed(input, random: SeededRandom) {
    const text = textOf(input);
    const name = random.pick(optionNames);
    const args = random.pick([[`--${name}`, text], [`--${name}=${text}`], [text], [`--${text}`]]);
    return load([...args, `--${random.pick(secretOptions)}`, secret + text], {}, '');
  },
};

export const configTargets: readonly Target[] = [files, variables, flags];
