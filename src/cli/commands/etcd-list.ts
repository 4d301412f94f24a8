import type { EtcdListing } from '../../etcd/binaries/list.ts';
import { listEtcd } from '../../etcd/binaries/list.ts';
import type { Invocation } from '../command.ts';
import { etcdSearch } from '../etcd-search.ts';
import { isOn } from '../own-flags.ts';
import { listenForStop } from '../stop-signals.ts';
import { table } from '../table.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { stop, release } = listenForStop();
  try {
    const listing = await listEtcd(await etcdSearch(invocation, stop.orderly));
    const asJson = isOn('json', invocation);
    invocation.terminal.out(asJson ? `${JSON.stringify(listing, null, 2)}\n` : render(listing));
    return 0;
  } finally {
    release();
  }
}

function render({ cacheDir, found, problems, installable }: EtcdListing): string {
  const rows = found.map((one) => [
    one.selected ? '*' : '',
    one.version,
    one.origin,
    one.dir,
    [one.source, ...one.warnings].filter((text) => text !== null).join('. '),
  ]);
  const lines =
    rows.length > 0
      ? table(['', 'VERSION', 'FROM', 'DIRECTORY', 'NOTES'], rows)
      : ['No etcd is on this machine; "e2d run" installs one, or "e2d etcd install" does now.'];
  if (rows.length > 0) lines.push('', '* is what "e2d run" would take.');
  lines.push(`The cache is ${cacheDir}.`);
  if (installable.length > 0) lines.push(`Releases to install: ${ranges(installable)}.`);
  lines.push(...problems);
  return `${lines.join('\n')}\n`;
}

/** `3.6.0 to 3.6.14, 3.5.6 to 3.5.33`, from versions that come newest first. */
function ranges(versions: readonly string[]): string {
  const minors = new Map<string, string[]>();
  for (const version of versions) {
    const minor = version.slice(0, version.lastIndexOf('.'));
    minors.set(minor, [version, ...(minors.get(minor) ?? [])]);
  }
  return [...minors.values()]
    .map((all) => (all.length === 1 ? all[0] : `${all[0]} to ${all.at(-1)}`))
    .join(', ');
}
