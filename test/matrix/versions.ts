import { textOf } from '../../src/errors/e2d-error.ts';
import { cacheDirOf } from '../../src/etcd/binaries/cache.ts';
import type { EtcdBinaries } from '../../src/etcd/binaries/etcd-binaries.ts';
import { parseEtcdVersion, parseVersionPin } from '../../src/etcd/binaries/etcd-version.ts';
import { locateEtcd } from '../../src/etcd/binaries/locate.ts';
import type { OnProgress } from '../../src/etcd/binaries/progress.ts';
import { chooseRelease } from '../../src/etcd/binaries/releases.ts';
import { buildWithGo } from './build-with-go.ts';

/** One cell of the matrix: an etcd to test with, or the reasons why there is none here. */
export type Candidate =
  | { readonly wanted: string; readonly binaries: EtcdBinaries }
  | { readonly wanted: string; readonly binaries: null; readonly reasons: readonly string[] };

export interface Obtaining {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** Gets `3.5`, `3.5.30`, ...: as e2d itself would, else built from source with Go. */
export async function obtain(wanted: string, obtaining: Obtaining): Promise<Candidate> {
  // The matrix decides which etcd is used, not an etcd that the environment names.
  const { E2D_ETCD_BIN_DIR: _, E2D_ETCD_VERSION: __, ...env } = process.env;
  const reasons: string[] = [];
  try {
    const binaries = await locateEtcd({ version: wanted, env, ...obtaining });
    return { wanted, binaries };
  } catch (error) {
    obtaining.signal.throwIfAborted();
    reasons.push(textOf(error));
  }
  try {
    const pin = parseVersionPin(wanted);
    const version = chooseRelease(pin, { env })?.version ?? parseEtcdVersion(wanted);
    if (version === null) throw new Error(`no patch version of ${wanted} is known`);
    const text = `Building etcd ${version} with Go`;
    obtaining.onProgress({ kind: 'step', text });
    const cacheDir = cacheDirOf({ env });
    return { wanted, binaries: await buildWithGo({ version, cacheDir, signal: obtaining.signal }) };
  } catch (error) {
    obtaining.signal.throwIfAborted();
    reasons.push(`built with Go: ${textOf(error)}`);
    return { wanted, binaries: null, reasons };
  }
}
