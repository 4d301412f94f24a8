import { E2dError } from '../../errors/e2d-error.ts';
import { installEtcd } from '../../etcd/binaries/install.ts';
import { progressLines } from '../../etcd/binaries/progress-lines.ts';
import type { Invocation } from '../command.ts';
import { etcdSearch } from '../etcd-search.ts';
import { ownFlag } from '../own-flags.ts';
import { listenForStop } from '../stop-signals.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { terminal } = invocation;
  const { stop, release } = listenForStop();
  try {
    const search = await etcdSearch(invocation, stop.orderly);
    const version = ownFlag('version', invocation);
    const binaries = await installEtcd({
      ...search,
      version: typeof version === 'string' ? version : search.version,
      onProgress: progressLines({ isTerminal: terminal.errIsTerminal, write: terminal.err }),
    });
    for (const warning of binaries.warnings) terminal.err(`${warning}\n`);
    terminal.out(`etcd ${binaries.version} is in ${binaries.dir}\n`);
    return 0;
  } catch (error) {
    throw stop.orderly.aborted ? interrupted(error) : error;
  } finally {
    release();
  }
}

function interrupted(cause: unknown): E2dError {
  return new E2dError('The installation was interrupted.', { code: 'E2D_INTERRUPTED', cause });
}
