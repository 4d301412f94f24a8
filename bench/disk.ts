import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What one side leaves to be written to the disk is not to hold up the other. */
export async function settleDisk(): Promise<void> {
  await run('sync');
}
