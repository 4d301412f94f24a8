import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { Given, OpenFindings } from './given.ts';
import { findOption, optionNames, optionOf } from './options.ts';
import { didYouMean } from './suggest.ts';
import { renamed } from './variables.ts';

const contents = z.record(z.string(), z.unknown()).nullable();
/** Scalars are texts here: the option decides what `007`, `yes` or `1e3` is, not YAML. */
const value = z.union([z.string(), z.array(z.string())]);

/** The options in a YAML file; whatever is wrong with it becomes a problem that names the file. */
export function fromFile(path: string, yaml: string, findings: OpenFindings): readonly Given[] {
  const document = parseDocument(yaml, { schema: 'failsafe', prettyErrors: false });
  if (document.errors.length > 0) {
    // YAML's own messages quote the line, which may hold a secret: only the place is told.
    for (const error of document.errors) {
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
  return Object.entries(found.data ?? {}).flatMap(([key, raw]) =>
    fromEntry({ path, key, raw }, findings),
  );
}

interface Entry {
  readonly path: string;
  readonly key: string;
  readonly raw: unknown;
}

function fromEntry({ path, key, raw }: Entry, findings: OpenFindings): readonly Given[] {
  const option = findOption(key);
  const origin = `${key} in ${path}`;
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
