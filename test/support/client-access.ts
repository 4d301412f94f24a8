/** Paths of what a client shows to the etcd of a test, and whom it trusts. */
export interface ClientFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const known = new Map<string, ClientFiles>();

/** From now on whoever asks `host:port` for something does it over TLS. */
export function reachOverTls(endpoint: string, files: ClientFiles): void {
  known.set(endpoint, files);
}

/** Null for an endpoint that speaks plain HTTP. */
export function accessTo(endpoint: string): ClientFiles | null {
  return known.get(endpoint) ?? null;
}

/** What leads etcdctl to these endpoints of one cluster. */
export function etcdctlFlags(endpoints: readonly string[]): readonly string[] {
  const files = accessTo(endpoints[0] ?? '');
  if (files === null) return ['--endpoints', endpoints.join(',')];
  const urls = endpoints.map((endpoint) => `https://${endpoint}`);
  const { ca, certificate, key } = files;
  return ['--endpoints', urls.join(','), '--cacert', ca, '--cert', certificate, '--key', key];
}
