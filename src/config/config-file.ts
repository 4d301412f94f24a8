import { parseDocument } from 'yaml';
import { z } from 'zod';
import { shortened } from '../errors/shown.ts';
import type { Given, OpenFindings } from './given.ts';
import { findOption, optionNames, optionOf } from './options.ts';
import { didYouMean } from './suggest.ts';
import { renamed } from './variables.ts';

const contents = z.record(z.string(), z.unknown()).nullable();
/** Scalars are texts here: the option decides what `007`, `yes` or `1e3` is, not YAML. */
const value = z.union([z.string(), z.array(z.string())]);

/** One mistake may have a parser find as many as there are lines. */
const mostErrors = 5;
/** Every option with a text of a page; a parser is slow on what is made to be. */
const longestFile = 64 * 1024;
const mostProblems = 20;
const mostNameLength = 80;

/** The options in a YAML file; whatever is wrong with it becomes a problem that names the file. */
export function fromFile(path: string, yaml: string, findings: OpenFindings): readonly Given[] {
  if (yaml.length > longestFile) {
    findings.problems.push(`${path} is longer than ${longestFile} characters.`);
    return [];
  }
  const document = parseDocument(yaml, { schema: 'failsafe', prettyErrors: false });
  if (document.errors.length > 0) {
    // YAML's own messages quote the line, which may hold a secret: only the place is told.
    for (const error of document.errors.slice(0, mostErrors)) {
      const line = yaml.slice(0, error.pos[0]).split('\n').length;
      findings.problems.push(`${path} line ${line} is not valid YAML (${error.code}).`);
    }
    return [];
  }
  const found = contents.safeParse(document.toJS({ maxAliasCount: 0 }) || null);
  if (!found.success) {
    findings.problems.push(`${path} must be a list of "option: value" lines.`);
    return [];
  }
  const before = findings.problems.length;
  const given = Object.entries(found.data ?? {}).flatMap(([key, raw]) =>
    findings.problems.length - before > mostProblems ? [] : fromEntry({ path, key, raw }, findings),
  );
  if (findings.problems.length - before > mostProblems) {
    findings.problems.push(`${path} has more that is wrong.`);
  }
  return given;
}

interface Entry {
  readonly path: string;
  readonly key: string;
  readonly raw: unknown;
}

function fromEntry({ path, key, raw }: Entry, findings: OpenFindings): readonly Given[] {
  const option = findOption(key);
  const origin = `${shortened(key, mostNameLength)} in ${path}`;
  if (option === undefined) {
    const known = optionNames.filter((name) => optionOf(name).notInFile === undefined);
    findings.problems.push(`${origin} is not an option.${didYouMean(key, known)}`);
    return [];
  }
  const { kind, notInFile } = optionOf(option);
  if (notInFile) {
    findings.problems.push(`${origin} is not allowed in a file.`);
    return [];
  }
  const parsed = value.safeParse(raw);
  if (!parsed.success || (typeof parsed.data !== 'string' && kind.joinedBy === undefined)) {
    findings.problems.push(`${origin} must be ${kind.allowed}, and a single value.`);
    return [];
  }
  if (key !== option) findings.warnings.push(renamed(origin, option));
  const text = typeof parsed.data === 'string' ? parsed.data : parsed.data.join(kind.joinedBy);
  return text === '' ? [] : [{ option, origin, text }];
}
