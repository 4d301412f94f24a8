import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type EtcdVersion, parseEtcdVersion } from './etcd-version.ts';
import { runProgram } from './run-program.ts';

const versionTimeoutMs = 15_000;

/** The first executable file of that name in the folders, or null. */
export async function firstExecutable(
  name: string,
  folders: readonly string[],
): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Absent and forbidden mean the same here: not usable.
    return false;
  }
}

/** Runs `etcd --version`. Throws when the file does not run here or prints no version. */
export async function askVersion(etcd: string, signal: AbortSignal): Promise<EtcdVersion> {
  const run = { args: ['--version'], env: {}, signal, timeoutMs: versionTimeoutMs };
  const output = await runProgram(etcd, run);
  const version = parseEtcdVersion(/^etcd Version: (\S+)/m.exec(output)?.[1] ?? '');
  if (version === null) throw new Error(`${etcd} --version printed no version of etcd`);
  return version;
}
