import type { EtcdBinaries, EtcdSearch } from './etcd-binaries.ts';
import { findEtcd } from './find.ts';
import { installEtcd } from './install.ts';
import type { OnProgress } from './progress.ts';

export interface EtcdLocateOptions extends EtcdSearch {
  readonly onProgress: OnProgress;
}

/** Finds etcd, and installs it where there is none. Throws what `findEtcd`, `installEtcd` throw. */
export async function locateEtcd(options: EtcdLocateOptions): Promise<EtcdBinaries> {
  const { binaries, passedOver } = await findEtcd(options);
  return binaries ?? installEtcd({ ...options, passedOver });
}
