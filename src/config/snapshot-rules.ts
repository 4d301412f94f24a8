import { E2dError } from '../errors/e2d-error.ts';
import { parseStoreUrl, type StoreLocation } from '../snapshots/store/store-url.ts';
import type { OpenFindings } from './given.ts';
import type { OptionName, OptionValues } from './options.ts';
import { snapshotOptionNames, type snapshotOptions } from './snapshot-options.ts';
import type { Origins } from './values.ts';
import { called } from './values.ts';

/** The options that snapshots depend on. */
export type SnapshotValues = Pick<OptionValues, keyof typeof snapshotOptions | 'ca-key'>;

/** What the options of snapshots must be to one another. */
export function checkSnapshots(
  values: SnapshotValues,
  origins: Origins,
  findings: OpenFindings,
): void {
  const location = locate(values, origins, findings);
  checkEncryption(values, origins, findings);
  checkPair(['aws-access-key', 'aws-secret-key'], { values, origins, findings });
  checkPair(['do-spaces-key', 'do-spaces-secret'], { values, origins, findings });
  const idle = idleOptions(values, location);
  for (const name of idle.names) {
    if (!origins.has(name)) continue;
    findings.warnings.push(`${called(name, origins)} has no effect ${idle.condition}.`);
  }
}

/** Where the URL leads to; undefined without one, and where it leads nowhere. */
function locate(
  values: SnapshotValues,
  origins: Origins,
  { problems }: OpenFindings,
): StoreLocation | undefined {
  const url = values['snapshot-backup-url'];
  if (url === undefined) return undefined;
  try {
    return parseStoreUrl(url);
  } catch (error) {
    if (!(error instanceof E2dError)) throw error;
    const origin = called('snapshot-backup-url', origins);
    problems.push(`${origin} cannot be used. ${error.message} ${error.remedy ?? ''}`.trim());
    return undefined;
  }
}

function checkEncryption(
  values: SnapshotValues,
  origins: Origins,
  { problems, warnings }: OpenFindings,
): void {
  const asked = values['snapshot-encryption'];
  const hasKeyFile = values['snapshot-encryption-key-file'] !== undefined;
  const encryption = called('snapshot-encryption', origins);
  if (asked && !hasKeyFile && values['ca-key'] === undefined) {
    problems.push(
      `${encryption} needs --ca-key, of which the key is derived, or --snapshot-encryption-key-file.`,
    );
  }
  if (!asked && hasKeyFile && origins.has('snapshot-encryption')) {
    problems.push(
      `${encryption} false contradicts ${called('snapshot-encryption-key-file', origins)}, ` +
        'which asks for encryption.',
    );
  }
  if (values['snapshot-compression'] && (asked || hasKeyFile)) {
    warnings.push(
      `${called('snapshot-compression', origins)} has no effect on snapshots that are encrypted.`,
    );
  }
}

interface Checking {
  readonly values: SnapshotValues;
  readonly origins: Origins;
  readonly findings: OpenFindings;
}

function checkPair(
  pair: readonly [keyof SnapshotValues, keyof SnapshotValues],
  { values, origins, findings }: Checking,
): void {
  const [present, missing] = values[pair[0]] === undefined ? [pair[1], pair[0]] : pair;
  if (values[present] === undefined || values[missing] !== undefined) return;
  findings.problems.push(`${called(present, origins)} needs --${missing} beside it.`);
}

const spacesOptions = ['do-spaces-key', 'do-spaces-secret'] as const;
const serviceOptions = [
  's3-endpoint',
  's3-region',
  'aws-access-key',
  'aws-secret-key',
  'aws-role-session-name',
  ...spacesOptions,
] as const;

interface IdleOptions {
  readonly names: readonly OptionName[];
  readonly condition: string;
}

/** The options that nothing asks for, given the store. */
function idleOptions(values: SnapshotValues, location: StoreLocation | undefined): IdleOptions {
  if (values['snapshot-backup-url'] === undefined) {
    return { names: snapshotOptionNames, condition: 'without --snapshot-backup-url' };
  }
  if (location?.kind === 'file') {
    return { names: serviceOptions, condition: 'on snapshots in a folder' };
  }
  const names = location?.isSpaces === false ? spacesOptions : [];
  return { names, condition: 'on a store that is not of DigitalOcean Spaces' };
}
