import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { textOf } from '../../src/errors/e2d-error.ts';
import type { EtcdBinaries } from '../../src/etcd/binaries/etcd-binaries.ts';
import { supportOf } from '../../src/etcd/binaries/etcd-version.ts';
import { findEtcd } from '../../src/etcd/binaries/find.ts';
import { installEtcd } from '../../src/etcd/binaries/install.ts';
import { progressLines } from '../../src/etcd/binaries/progress-lines.ts';
import { provideChromium } from './chromium.ts';

const installTimeoutMs = 10 * 60_000;

/**
 * Runs once before the tests that need real programs: finds or installs etcd and names it to all
 * of them in `E2D_ETCD_BIN_DIR` (an etcd named there already is used as it is), does the same for
 * a Chromium in `TEST_CHROMIUM`, and builds `dist/`.
 */
export default async function prepareRealTools(): Promise<void> {
  const { dir, version, warnings } = await provideEtcd();
  process.env['E2D_ETCD_BIN_DIR'] = dir;
  const notes = warnings.map((warning) => ` ${warning}`).join('');
  process.stderr.write(`Tests run etcd ${version} of ${dir}.${notes}\n`);
  nameChromium();
  build();
}

async function provideEtcd(): Promise<EtcdBinaries> {
  const search = { env: process.env, signal: AbortSignal.timeout(installTimeoutMs) };
  const { binaries, passedOver } = await findEtcd(search);
  if (binaries?.origin === 'bin-dir') return binaries;
  if (binaries !== null && supportOf(binaries.version) === 'supported') return binaries;
  const write = (text: string) => process.stderr.write(text);
  const onProgress = progressLines({ isTerminal: process.stderr.isTTY, write });
  const installed = await installEtcd({ ...search, onProgress, passedOver });
  if (supportOf(installed.version) === 'supported') return installed;
  throw new Error(`the tests need etcd 3.5 or 3.6, and there is only ${installed.version}`);
}

/** Most tests need no browser: those that do are skipped, or fail, by themselves without one. */
function nameChromium(): void {
  try {
    const provided = provideChromium();
    if ('path' in provided) process.env['TEST_CHROMIUM'] = provided.path;
    else process.stderr.write(`No test opens a page: ${provided.reason}.\n`);
  } catch (error) {
    process.stderr.write(`No test opens a page: ${textOf(error)}\n`);
  }
}

/**
 * Type errors fail the check that goes before the tests; what was emitted is tested all the same.
 */
function build(): void {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc], { encoding: 'utf8' });
  if (status !== 0) process.stderr.write(`tsc exited with ${status}:\n${stdout}\n`);
}
