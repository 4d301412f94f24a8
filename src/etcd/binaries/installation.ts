import type { VersionPin } from './etcd-version.ts';
import type { OnProgress } from './progress.ts';

/** What each way of installing is given. */
export interface Installation {
  readonly pin: VersionPin | null;
  readonly cacheDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}
