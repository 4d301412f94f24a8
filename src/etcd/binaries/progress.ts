import type { EtcdVersion } from './etcd-version.ts';

/** What an installation reports while it goes on; plain data for whoever shows it. */
export type EtcdInstallProgress =
  | { readonly kind: 'step'; readonly text: string }
  | {
      readonly kind: 'download';
      /** What is downloaded, e.g. `etcd 3.6.14`. */
      readonly what: string;
      readonly receivedBytes: number;
      /** Null while the server does not say. */
      readonly totalBytes: number | null;
    }
  | { readonly kind: 'refused'; readonly source: string; readonly reason: string }
  | { readonly kind: 'installed'; readonly version: EtcdVersion; readonly dir: string };

export type OnProgress = (progress: EtcdInstallProgress) => void;
