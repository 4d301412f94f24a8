import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AptSourceLine, formatSource } from './apt-sources.ts';
import { runProgram } from './run-program.ts';

/** Runs apt on folders of our own: needs no root, and leaves the machine's package state alone. */
export interface PrivateApt {
  /** Fetches the package lists; throws when the mirror has no such suite or cannot be reached. */
  update(): Promise<void>;
  /** The versions of a package on offer, as the distribution writes them. */
  versionsOf(packageName: string): Promise<string[]>;
  /** Downloads `name=version` packages into a folder. */
  download(packages: readonly string[], dir: string): Promise<void>;
}

export interface PrivateAptOptions {
  /** A new folder, removed by its owner. */
  readonly dir: string;
  readonly sources: readonly AptSourceLine[];
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

const updateTimeoutMs = 60_000;
const downloadTimeoutMs = 240_000;
const lookupTimeoutMs = 30_000;

export async function createPrivateApt(options: PrivateAptOptions): Promise<PrivateApt> {
  const { dir, signal } = options;
  const config = await layOut(options);
  const env = { ...options.env, LC_ALL: 'C' };
  const run = (program: string, args: readonly string[], timeoutMs: number, cwd = dir) =>
    runProgram(program, { args: ['-c', config, ...args], env, signal, timeoutMs, cwd });
  return {
    async update() {
      await run('apt-get', ['-q', 'update'], updateTimeoutMs);
    },
    async versionsOf(packageName) {
      const table = await run('apt-cache', ['madison', packageName], lookupTimeoutMs);
      const rows = table.split('\n').map((row) => row.split('|').map((cell) => cell.trim()));
      return rows.filter(([name]) => name === packageName).map(([, version = '']) => version);
    },
    async download(packages, into) {
      await run('apt-get', ['-q', 'download', ...packages], downloadTimeoutMs, into);
    },
  };
}

/** Makes the folders and the configuration, which is read after the machine's own. */
async function layOut({ dir, sources }: PrivateAptOptions): Promise<string> {
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'sources']) {
    await mkdir(join(dir, folder), { recursive: true });
  }
  await writeFile(join(dir, 'sources', 'etcd.sources'), sources.map(formatSource).join('\n'));
  const settings = {
    'Dir::State': join(dir, 'state'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(dir, 'cache'),
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': join(dir, 'sources'),
    'Dir::Etc::preferencesparts': '/dev/null',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': '10',
    'Acquire::https::Timeout': '10',
    // A mirror that fails is an error and not a warning about old lists.
    'APT::Update::Error-Mode': 'any',
    // Started by root, apt would become a user that cannot read this folder.
    'APT::Sandbox::User': 'root',
  };
  // The machine's hooks act on the machine's own package state.
  const hooks = ['Pre-Invoke', 'Post-Invoke', 'Post-Invoke-Success'];
  const lines = [
    ...hooks.map((hook) => `#clear APT::Update::${hook};`),
    ...Object.entries(settings).map(([name, value]) => `${name} "${value}";`),
  ];
  const config = join(dir, 'apt.conf');
  await writeFile(config, `${lines.join('\n')}\n`);
  return config;
}
