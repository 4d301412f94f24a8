import type { Address } from './address.ts';
import { isHost, isUnspecified, parseAddress } from './address.ts';
import { formatDuration, parseDurationMs } from './durations.ts';

/** A type of option value: how its text is read, and what to tell who got it wrong. */
export interface Kind<T> {
  /** Completes the sentence "must be ...". */
  readonly allowed: string;
  /** What stands for the value in a usage line; null for switches, which take none. */
  readonly placeholder: string | null;
  /** The value of a text that is not empty; undefined when the text is not allowed. */
  readonly parse: (text: string) => T | undefined;
  /** Several texts (a repeated flag, a list in the file) are one value, joined by this. */
  readonly joinedBy?: string;
  /** A fixed set of texts, for completion. */
  readonly choices?: readonly string[];
  /** Completed with the names of files or directories. */
  readonly completes?: 'files' | 'directories';
}

/** What Node's timers can wait for. */
const longestMs = 576 * 3_600_000;
const longestAgeMs = 100 * 365 * 24 * 3_600_000;
const noControlCharacters = /^\P{Cc}+$/u;

export const text: Kind<string> = {
  allowed: 'text without control characters',
  placeholder: 'TEXT',
  parse: (given) => (noControlCharacters.test(given) ? given : undefined),
};

export const file: Kind<string> = {
  ...text,
  allowed: 'the path of a file',
  placeholder: 'FILE',
  completes: 'files',
};

export const directory: Kind<string> = {
  ...text,
  allowed: 'the path of a directory',
  placeholder: 'DIR',
  completes: 'directories',
};

export function matching(pattern: RegExp, allowed: string, placeholder: string): Kind<string> {
  return { allowed, placeholder, parse: (given) => (pattern.test(given) ? given : undefined) };
}

export function choice<const T extends string>(...choices: readonly T[]): Kind<T> {
  return {
    allowed: oneOf(choices),
    placeholder: choices.join('|'),
    parse: (given) => choices.find((known) => known === given),
    choices,
  };
}

export function integer(least: number, most: number): Kind<number> {
  return {
    allowed: `a whole number from ${least} to ${most}`,
    placeholder: 'N',
    parse: (given) => {
      const value = /^[+-]?\d+$/.test(given) ? Number(given) : Number.NaN;
      return value >= least && value <= most ? value : undefined;
    },
  };
}

export function integerOf<const T extends number>(...values: readonly T[]): Kind<T> {
  return {
    allowed: oneOf(values.map(String)),
    placeholder: 'N',
    parse: (given) => values.find((known) => String(known) === given),
    choices: values.map(String),
  };
}

/** A duration in milliseconds. */
export function duration(leastMs: number): Kind<number> {
  const range = `from ${formatDuration(leastMs)} to ${formatDuration(longestMs)}`;
  return {
    allowed: `a duration ${range}, such as 500ms, 30s, 5m or 1h30m`,
    placeholder: 'DURATION',
    parse: (given) => {
      const value = parseDurationMs(given);
      return value !== undefined && value >= leastMs && value <= longestMs ? value : undefined;
    },
  };
}

/** A duration in milliseconds, or 0 where it is switched off. */
export function durationOrOff(leastMs: number): Kind<number> {
  const { allowed, placeholder, parse } = duration(leastMs);
  return {
    allowed: `${allowed}, or off`,
    placeholder,
    parse: (given) => (given === 'off' || parseDurationMs(given) === 0 ? 0 : parse(given)),
  };
}

/** How old something may become, in milliseconds: nothing waits for it, so it may be years. */
export const age: Kind<number> = {
  allowed: 'a duration from 0 to 100y, such as 90m, 12h, 7d or 1y',
  placeholder: 'DURATION',
  parse: (given) => {
    const value = parseDurationMs(given);
    return value !== undefined && value <= longestAgeMs ? value : undefined;
  },
};

export const toggle: Kind<boolean> = {
  allowed: 'true or false',
  placeholder: null,
  parse: (given) => {
    if (/^(1|t|true)$/i.test(given)) return true;
    return /^(0|f|false)$/i.test(given) ? false : undefined;
  },
  choices: ['true', 'false'],
};

export const address: Kind<Address> = {
  allowed: 'an address such as 10.0.0.5, db1.example:2379, [2001:db8::5]:2379 or :2379',
  placeholder: 'ADDR',
  parse: parseAddress,
};

/** A host that peers can be told: no port, and not the unspecified address. */
export const host: Kind<string> = {
  allowed: 'an IP address or a host name, without a port, that the other machines can reach',
  placeholder: 'HOST',
  parse: (given) => {
    const bare = given.replace(/^\[(.*)\]$/, '$1');
    return isHost(bare) && !isUnspecified(bare) ? bare : undefined;
  },
};

export const addresses: Kind<readonly Address[]> = {
  allowed: 'addresses separated by commas, such as 10.0.0.5,10.0.0.6:7980,[2001:db8::7]',
  placeholder: 'ADDR,...',
  parse: (given) => {
    const found = commaSeparated(given).map(parseAddress);
    const known = found.filter((one) => one !== undefined && one.host !== null);
    return known.length === found.length && found.length > 0 ? (known as Address[]) : undefined;
  },
  joinedBy: ',',
};

export const variableNames: Kind<readonly string[]> = {
  allowed: 'names of environment variables separated by commas',
  placeholder: 'NAME,...',
  parse: (given) => {
    const names = commaSeparated(given);
    return names.every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) ? names : undefined;
  },
  joinedBy: ',',
};

/** Arguments separated by spaces, where quotes keep spaces, as in a shell. */
export const programArguments: Kind<readonly string[]> = {
  allowed: 'flags of etcd separated by spaces, such as "--max-txn-ops=256 --metrics=extensive"',
  placeholder: 'ARGS',
  parse: (given) => {
    const word = /(?:[^\s"']|"[^"]*"|'[^']*')+/g;
    if (given.replace(word, '').trim() !== '') return undefined;
    const words = (given.match(word) ?? []).map((one) =>
      one.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'),
    );
    return words[0]?.startsWith('-') ? words : undefined;
  },
  joinedBy: ' ',
};

export function webAddress(...schemes: readonly string[]): Kind<string> {
  return {
    allowed: `a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
    placeholder: 'URL',
    parse: (given) => {
      const known = schemes.some((scheme) => given.startsWith(`${scheme}://`));
      return known && URL.canParse(given) ? given : undefined;
    },
  };
}

function commaSeparated(given: string): readonly string[] {
  return given
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function oneOf(values: readonly string[]): string {
  return values.length < 2
    ? values.join('')
    : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}
