import type { SeededRandom } from '../../src/simulation/seeded-random.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const texts = [
  '',
  ' ',
  '../../../etc/passwd',
  '/etc/passwd',
  '..',
  '.',
  'a/b',
  '__proto__',
  'constructor',
  '\u0000',
  '\u001b[2J\u001b]0;title\u0007',
  '\u009b31m',
  '\u202etxt.exe',
  '\ud800',
  'a,b=http://127.0.0.1:1',
  '--flag',
  'http://[::1',
  'http://user:pass@host/?q#f',
  'javascript:alert(1)',
  '2026-13-45T99:99:99Z',
  '9999-12-31T23:59:59Z',
  '+275760-09-13T00:00:00.001Z',
  '1'.repeat(400),
];
const numbers = [
  0,
  -0,
  -1,
  1.5,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53 + 2,
  1e15,
  8.64e15,
  1e21,
  1e308,
  -1e308,
];

/** A JSON value with some of its parts exchanged, left out, repeated or put elsewhere. */
export function mutatedJson(text: string, random: SeededRandom): string {
  let value = JSON.parse(text) as Json;
  for (let left = random.pick([1, 1, 2, 4]); left > 0; left -= 1) value = changed(value, random, 0);
  const written = withNesting(JSON.stringify(value));
  // A literal `__proto__` key, which assignment could not make.
  return random.chance(0.1) ? written.replace('{', '{"__proto__":{"polluted":true},') : written;
}

function changed(value: Json, random: SeededRandom, depth: number): Json {
  const isLeaf = typeof value !== 'object' || value === null;
  if (isLeaf || random.chance(0.12)) return hostile(value, random, depth);
  if (Array.isArray(value)) {
    if (value.length === 0) return [hostile(null, random, depth)];
    const at = random.integer(0, value.length - 1);
    const element = value[at] ?? null;
    if (random.chance(0.1)) return value.filter((_, index) => index !== at);
    if (random.chance(0.1)) return [...value, ...Array<Json>(random.integer(1, 300)).fill(element)];
    return value.map((one, index) => (index === at ? changed(one, random, depth + 1) : one));
  }
  const keys = Object.keys(value);
  const key = keys.length === 0 ? 'a' : random.pick(keys);
  const { [key]: chosen = null, ...rest } = value;
  if (random.chance(0.08)) return rest;
  if (random.chance(0.08)) return { ...value, [random.pick(texts)]: chosen };
  return { ...value, [key]: changed(chosen, random, depth + 1) };
}

function hostile(value: Json, random: SeededRandom, depth: number): Json {
  switch (random.integer(0, 9)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
    case 3:
      return random.pick(numbers);
    case 4:
    case 5:
      return random.pick(texts);
    case 6:
      return typeof value === 'string'
        ? value.repeat(2 ** random.integer(1, 10)).slice(0, 1e5)
        : [];
    case 7:
      return depth < 3 ? nested(random) : {};
    case 8:
      return [value, value];
    default:
      return { a: value };
  }
}

/** Stands for nesting as deep as a parser goes, and a recursive reader does not. */
function nested(random: SeededRandom): Json {
  return `${random.pick(['nested list', 'nested map'])} ${random.pick([10, 1000, 20_000])}`;
}

/** Once only: what is copied with it stays small. */
function withNesting(written: string): string {
  return written.replace(/"nested (list|map) (\d+)"/, (_, kind: string, depth: string) => {
    const [open, close] = kind === 'list' ? ['[', ']'] : ['{"a":', '}'];
    return `${open.repeat(Number(depth))}"x"${close.repeat(Number(depth))}`;
  });
}
