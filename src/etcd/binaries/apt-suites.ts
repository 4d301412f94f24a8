import type { AptSource, AptSourceLine } from './apt-sources.ts';

/** A suite of the distribution that may offer etcd, and where its package lists come from. */
export interface AptSuite {
  readonly name: string;
  readonly sources: readonly AptSourceLine[];
}

const debianSuites = ['bullseye', 'bookworm', 'trixie', 'forky', 'sid'];
const debianAliases = ['oldstable', 'stable', 'testing', 'unstable'];
const ubuntuSuites = ['jammy', 'noble', 'plucky', 'questing', 'resolute', 'devel'];
const additions = ['updates', 'security', 'backports'];

/** Reads /etc/os-release. */
export function parseOsRelease(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/^([A-Z_]+)=["']?([^"'\n]*)["']?$/gm)) {
    values.set(name, value);
  }
  return values;
}

/**
 * The suites worth asking for etcd, in order: what this machine is configured for (with its
 * updates, security fixes and backports, where they are configured), then newer suites of the same
 * mirror. Vendors' repositories may use the distribution's suite names, so mirrors that also offer
 * its updates come first. Empty on a machine that is not of the Debian family.
 */
export function suitesToAsk(
  sources: readonly AptSource[],
  osRelease: ReadonlyMap<string, string>,
): AptSuite[] {
  const family = familyOf(osRelease);
  if (family === null) return [];
  const lines = sources
    .flatMap(({ uris, suites, trust }) =>
      uris.flatMap((uri) =>
        suites.map((suite) => ({ uri, suite, component: family.component, trust })),
      ),
    )
    .filter(isFirstOfItsKind);
  const has = (uri: string, suite: string) =>
    lines.some((line) => line.uri === uri && line.suite === suite);
  const rank = ({ uri, suite }: AptSourceLine) => (has(uri, `${suite}-updates`) ? 0 : 1);
  return lines
    .filter(({ suite }) => family.baseSuites.has(suite))
    .sort((a, b) => rank(a) - rank(b))
    .flatMap((base) => {
      const added = additions.map((addition) => `${base.suite}-${addition}`);
      const alongside = lines.filter(({ suite }) => added.includes(suite));
      const newer = newerSuites(base.suite, family.orders, family.newest);
      return [
        { name: base.suite, sources: [base, ...alongside] },
        ...newer.map((suite) => ({ name: suite, sources: [{ ...base, suite }] })),
      ];
    });
}

interface Family {
  readonly component: string;
  /** The suites that a machine of this family may be installed from. */
  readonly baseSuites: ReadonlySet<string>;
  /** Lists of suites, older before newer. */
  readonly orders: readonly (readonly string[])[];
  /** What to go on with from a suite that is not known. */
  readonly newest: readonly string[];
}

function familyOf(osRelease: ReadonlyMap<string, string>): Family | null {
  const kinship = `${osRelease.get('ID')} ${osRelease.get('ID_LIKE') ?? ''}`.split(' ');
  const codenames = ['VERSION_CODENAME', 'UBUNTU_CODENAME', 'DEBIAN_CODENAME']
    .map((name) => osRelease.get(name))
    .filter((codename) => codename !== undefined);
  if (kinship.includes('ubuntu')) {
    const baseSuites = new Set(codenames);
    return { component: 'universe', baseSuites, orders: [ubuntuSuites], newest: ['devel'] };
  }
  if (!kinship.includes('debian')) return null;
  const baseSuites = new Set([...codenames, 'sid', ...debianAliases]);
  const orders = [debianSuites, debianAliases];
  return { component: 'main', baseSuites, orders, newest: ['testing', 'unstable'] };
}

function newerSuites(
  suite: string,
  orders: Family['orders'],
  newest: Family['newest'],
): readonly string[] {
  const order = orders.find((names) => names.includes(suite));
  return order === undefined ? newest : order.slice(order.indexOf(suite) + 1);
}

function isFirstOfItsKind(
  line: AptSourceLine,
  index: number,
  lines: readonly AptSourceLine[],
): boolean {
  const sameAs = (other: AptSourceLine) => other.uri === line.uri && other.suite === line.suite;
  return lines.findIndex(sameAs) === index;
}
