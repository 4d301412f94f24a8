import { resolve } from 'node:path';
import { E2dError } from '../errors/e2d-error.ts';
import { badConfig } from './bad-config.ts';
import type { OpenFindings } from './given.ts';
import type {
  AccessKey,
  SnapshotConfig,
  SnapshotKeyFile,
  SnapshotStoreConfig,
} from './node-config.ts';
import type { SnapshotValues } from './snapshot-rules.ts';
import { checkSnapshots } from './snapshot-rules.ts';
import type { Surroundings } from './surroundings.ts';

type WorkingDirectory = Pick<Surroundings, 'cwd'>;

/**
 * The configuration of snapshots alone, for commands that work on a store without a node. Key files
 * are named, not looked at: most of what a store is asked needs none.
 *
 * @throws E2dError `E2D_BAD_CONFIG` where there is no URL, or options contradict one another.
 */
export function snapshotConfigOf(
  values: SnapshotValues,
  directory: WorkingDirectory,
  help = 'e2d run --help',
): SnapshotConfig {
  const findings: OpenFindings = { problems: [], warnings: [] };
  checkSnapshots(values, new Map(), findings);
  if (findings.problems.length > 0) {
    throw badConfig({ problems: findings.problems, warnings: [] }, help);
  }
  const config = decideSnapshots(values, directory);
  if (config !== null) return config;
  throw new E2dError('No --snapshot-backup-url says where the snapshots are.', {
    code: 'E2D_BAD_CONFIG',
    exit: 2,
    remedy: 'Give the URL that the nodes are run with, or set E2D_SNAPSHOT_BACKUP_URL.',
  });
}

/** Null where no URL is given. What is wrong with the values is `checkSnapshots`' to say. */
export function decideSnapshots(
  values: SnapshotValues,
  directory: WorkingDirectory,
): SnapshotConfig | null {
  const url = values['snapshot-backup-url'];
  if (url === undefined) return null;
  return {
    url,
    compression: values['snapshot-compression'],
    ...decideKeys(values, directory),
    intervalMs: values['snapshot-interval'],
    retention: {
      allMs: values['snapshot-keep-all'],
      hourlyMs: values['snapshot-keep-hourly'],
      dailyMs: values['snapshot-keep-daily'],
      count: values['snapshot-keep-count'] ?? null,
    },
    verifyIntervalMs: values['snapshot-verify-interval'] || null,
    restorePolicy: values['restore-policy'],
    store: decideStore(values),
  };
}

/** The files of all keys that a snapshot may need which is read from no store. */
export function snapshotKeyFilesOf(
  values: SnapshotValues,
  directory: WorkingDirectory,
): readonly SnapshotKeyFile[] {
  return decideKeys(values, directory).readKeyFiles;
}

/** A key file asks for encryption by itself; the CA's key, which gossip uses too, does not. */
function decideKeys(
  values: SnapshotValues,
  { cwd }: WorkingDirectory,
): Pick<SnapshotConfig, 'encryptionKeyFile' | 'readKeyFiles'> {
  const named = (kind: SnapshotKeyFile['kind'], written: string | undefined) =>
    written === undefined ? null : { kind, path: resolve(cwd, written) };
  const keyFile = named('key-file', values['snapshot-encryption-key-file']);
  const caKey = named('ca-key', values['ca-key']);
  return {
    encryptionKeyFile: keyFile ?? (values['snapshot-encryption'] ? caKey : null),
    readKeyFiles: [keyFile, caKey].filter((key) => key !== null),
  };
}

function decideStore(values: SnapshotValues): SnapshotStoreConfig {
  return {
    s3Endpoint: values['s3-endpoint'] ?? null,
    s3Region: values['s3-region'] ?? null,
    accessKey: pair(values['aws-access-key'], values['aws-secret-key']),
    roleSessionName: values['aws-role-session-name'] ?? null,
    spacesKey: pair(values['do-spaces-key'], values['do-spaces-secret']),
  };
}

function pair(id: string | undefined, secret: string | undefined): AccessKey | null {
  return id === undefined || secret === undefined ? null : { id, secret };
}
