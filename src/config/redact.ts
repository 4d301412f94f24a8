import type { NodeConfig } from './node-config.ts';

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
  };
}

function withoutUser(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//***@').replace(/\?.*$/s, '?***');
}

function withoutValue(argument: string): string {
  if (!argument.startsWith('-')) return '***';
  const equals = argument.indexOf('=');
  return equals < 0 ? argument : `${argument.slice(0, equals)}=***`;
}
