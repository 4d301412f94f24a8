import type { NodeConfig, SnapshotConfig } from './node-config.ts';

/**
 * The configuration for a log: whatever may hold a secret is replaced. Files are named, never
 * read; the values of etcd's extra flags and the user part of URLs may be anything.
 */
export function redactedConfig(config: NodeConfig): Readonly<Record<string, unknown>> {
  const { warnings: _, ...rest } = config;
  return {
    ...rest,
    etcd: {
      ...config.etcd,
      releasesUrl: config.etcd.releasesUrl && withoutUser(config.etcd.releasesUrl),
      extraArgs: config.etcd.extraArgs.map(withoutValue),
    },
    snapshots: config.snapshots && redactedSnapshots(config.snapshots),
  };
}

/** Of keys only whether there is one is told. */
function redactedSnapshots({ url, store, ...rest }: SnapshotConfig) {
  return {
    ...rest,
    url: withoutUser(url),
    store: {
      ...store,
      s3Endpoint: store.s3Endpoint && withoutUser(store.s3Endpoint),
      accessKey: store.accessKey && '***',
      spacesKey: store.spacesKey && '***',
    },
  };
}

/**
 * Takes the values of etcd's extra flags out of what etcd says of them: it repeats one that it does
 * not take. Short ones and numbers are no secrets, and are words of other sentences too.
 */
export function withoutValuesOf(extraArgs: readonly string[]): (text: string) => string {
  const values = extraArgs
    .map((argument) => (argument.startsWith('-') ? argument.replace(/^[^=]*=?/, '') : argument))
    .flatMap((value) => [value, ...value.split(',')])
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
    .filter((value) => value.length >= 6 && !/^[\d.]+[a-z]*$/.test(value))
    .sort((a, b) => b.length - a.length);
  return (text) => values.reduce((left, value) => left.replaceAll(value, '***'), text);
}

/** A URL without the user, password, query and fragment it may hold; other text as it is. */
export function withoutUser(url: string): string {
  return url.replace(/\/\/[^/?#]*@/, '//***@').replace(/(:\/\/[^?#]*[?#]).*$/s, '$1***');
}

function withoutValue(argument: string): string {
  if (!argument.startsWith('-')) return '***';
  const equals = argument.indexOf('=');
  return equals < 0 ? argument : `${argument.slice(0, equals)}=***`;
}
