/** One stanza of apt's configuration: which archives a machine takes packages from. */
export interface AptSource {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** How the archive is to be trusted, as deb822 fields, word for word (`Signed-By`, ...). */
  readonly trust: Readonly<Record<string, string>>;
}

const trustFields = ['Signed-By', 'Trusted', 'Check-Valid-Until', 'Check-Date'];

/** Reads `*.sources` (deb822). Stanzas that are disabled or for source packages are left out. */
export function parseDeb822Sources(text: string): AptSource[] {
  const withoutComments = text.replaceAll(/^#.*\n?/gm, '');
  return withoutComments
    .split(/\n[ \t]*\n/)
    .map(fieldsOf)
    .filter((fields) => fields.get('enabled')?.toLowerCase() !== 'no')
    .filter((fields) => words(fields.get('types')).includes('deb'))
    .map((fields) => ({
      uris: words(fields.get('uris')),
      suites: words(fields.get('suites')),
      components: words(fields.get('components')),
      trust: trustOf(fields),
    }));
}

/** Reads `*.list`: `deb [option=value ...] uri suite component ...`, one a line. */
export function parseOneLineSources(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)([^#]*)/.exec(line);
    if (match === null) continue;
    const [, options, uri = '', suite = '', components] = match;
    const fields = words(options).map((option): [string, string] => {
      const [name = '', ...value] = option.split('=');
      return [name.toLowerCase(), value.join('=').replaceAll(',', ' ')];
    });
    const trust = trustOf(new Map(fields));
    sources.push({ uris: [uri], suites: [suite], components: words(components), trust });
  }
  return sources;
}

/** Package lists of one component of one suite. */
export interface AptSourceLine {
  readonly uri: string;
  readonly suite: string;
  readonly component: string;
  readonly trust: AptSource['trust'];
}

/** Writes deb822 for package lists only: no sources, icons or translations. */
export function formatSource(source: AptSourceLine): string {
  const fields = {
    Types: 'deb',
    URIs: source.uri,
    Suites: source.suite,
    Components: source.component,
    Targets: 'Packages',
    ...source.trust,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return `${lines.join('\n')}\n`;
}

function fieldsOf(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const match of stanza.matchAll(/^([A-Za-z0-9-]+):[ \t]*(.*(?:\n[ \t].*)*)/gm)) {
    const [, name = '', value = ''] = match;
    fields.set(name.toLowerCase(), value.trimEnd());
  }
  return fields;
}

function trustOf(fields: ReadonlyMap<string, string>): Record<string, string> {
  const trust: Record<string, string> = {};
  for (const name of trustFields) {
    const value = fields.get(name.toLowerCase());
    if (value !== undefined) trust[name] = value;
  }
  return trust;
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
