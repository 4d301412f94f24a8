import type { SourceFile } from './project-files.ts';
import type { Violation } from './source-checks.ts';

/** Markdown without what stands in fenced code. */
export function proseOf(markdown: string): string {
  return markdown.replace(/^(```|~~~)[\s\S]*?^\1[^\n]*$/gm, '');
}

export function findTitleProblems({ path, text }: SourceFile): readonly Violation[] {
  const titles = proseOf(text).match(/^# .+$/gm) ?? [];
  return titles.length === 1 ? [] : [`${path}: ${titles.length} titles (\`# ...\`), wants one`];
}

const MARKER = new RegExp(
  `\\b(${['TO', 'FIX', 'XX'].map((a, i) => a + ['DO', 'ME', 'X'][i]).join('|')})\\b`,
);

export function findMarkers({ path, text }: SourceFile): readonly Violation[] {
  return matchingLines({ path, text }, MARKER, 'a marker left over: do it, or take it out');
}

/** Written in pieces, so that this file does not hold what it looks for. */
const PRIVATE = new RegExp(
  [
    `/wo${'rk'}/`,
    `/ro${'ot'}/`,
    String.raw`\.\./sha${'red'}/(spec|data|hooks)`,
    String.raw`\b(deb|security|registry|proxy)\.(deb${'ian'}|npm${'js'}|gol${'ang'})\.`,
  ].join('|'),
);

export function findPrivateNames({ path, text }: SourceFile): readonly Violation[] {
  return matchingLines({ path, text }, PRIVATE, 'names one machine, or the host of a registry');
}

export function findVagueNames(path: string): readonly Violation[] {
  const vague = path
    .split('/')
    .find((part) => /^(utils?|helpers?|common|misc)(\.[\w.]+)?$/.test(part));
  return vague === undefined ? [] : [`${path}: "${vague}" says nothing: name it after its subject`];
}

function matchingLines(
  { path, text }: SourceFile,
  pattern: RegExp,
  problem: string,
): readonly Violation[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      pattern.test(line) ? [`${path}:${index + 1}: ${problem}: ${line.trim().slice(0, 80)}`] : [],
    );
}
