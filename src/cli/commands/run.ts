import { loadConfig } from '../../config/load-config.ts';
import { redactedConfig } from '../../config/redact.ts';
import { thisMachine } from '../../config/surroundings.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import type { Log } from '../../log/create-log.ts';
import type { Invocation } from '../command.ts';
import { listenForStop } from '../stop-signals.ts';

/**
 * How long a process may linger after its work is done, for want of a resource that nobody ended.
 */
const lingerMs = 5000;

export async function run({ flags }: Invocation): Promise<number> {
  // Whatever e2d and its etcd make from here on is their user's alone, also where nobody says so.
  process.umask(0o077);
  const config = await loadConfig(flags, thisMachine());
  const { stop, release } = listenForStop();
  const { createLog } = await import('../../log/create-log.ts');
  const log = await createLog({ level: config.logLevel, format: config.logFormat });
  log.debug({ config: redactedConfig(config) }, 'Configuration loaded.');
  for (const warning of config.warnings) log.warn(warning);
  try {
    const { runNode } = await import('../../node/run.ts');
    return await runNode(config, log, stop);
  } catch (error) {
    // Whoever collects JSON lines gets the last one as JSON too; others get it as text.
    if (config.logFormat !== 'json' || !(error instanceof E2dError)) throw error;
    log.fatal({ code: error.code, remedy: error.remedy }, error.message);
    return error.exit;
  } finally {
    release();
    endThoughSomethingIsLeft(log);
  }
}

/** Does nothing where the process ends by itself. */
function endThoughSomethingIsLeft(log: Log): void {
  const timer = setTimeout(() => {
    log.error({ left: process.getActiveResourcesInfo() }, 'Something did not end with the node.');
    process.exit();
  }, lingerMs);
  timer.unref();
}
