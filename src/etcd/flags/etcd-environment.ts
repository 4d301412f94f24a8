/**
 * etcd reads a variable for each of its flags and refuses to start when one contradicts a flag,
 * tells systemd that "the service" is ready, and lends its environment to whoever may read `/proc`.
 * So it gets what a Go program needs and nothing else: no `ETCD_*`, no `NOTIFY_SOCKET`, no
 * credentials.
 */
const needed = new Set([
  'PATH',
  'HOME',
  'USER',
  'TMPDIR',
  'TZ',
  'LANG',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GODEBUG',
  'GOGC',
  'GOMAXPROCS',
  'GOMEMLIMIT',
  'GOTRACEBACK',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'ETCD_UNSUPPORTED_ARCH',
]);

/** The environment for etcd: what it needs, and the variables named in `passEnv`. */
export function etcdEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  passEnv: readonly string[] = [],
): Record<string, string> {
  const asked = new Set(passEnv);
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && (needed.has(name) || asked.has(name))) passed[name] = value;
  }
  return passed;
}
