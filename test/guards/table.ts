import { writeFileSync } from 'node:fs';
import { type RuleId, rules } from '../../machines/rules.ts';
import { projectFolder } from '../architecture/project-files.ts';
import { eachCatcher, type Guard, seedTestFile } from './guard.ts';
import { guards, rulesWithoutGuards } from './guards.ts';

export const tablePath = 'docs/guards.md';

const heading = `# Guards

A safety rule is worth what enforces it, and what enforces it is worth what notices when it is gone. Below is every guard of the [safety rules](safety.md): what it asks, where it stands, and the test or the seed of the simulation that fails without it.

\`\`\`sh
npm run test:guards
\`\`\`

takes each of them out of the code as it is loaded, one at a time and without touching a file, runs what is to notice, and fails when nothing does. \`npm run test:guards -- S11\` does so for one rule. The list is in \`test/guards/\`; this page is written from it by \`npm run test:guards -- --write\`, and the test run fails when it is stale.

Some guards back each other up: where one alone would already refuse, the other is taken out in a test of its own. That the margin of quorum is asked for on every removal is such a second line, implied by the evidence that goes before it.
`;

/** The page, from the list. */
export function renderTable(): string {
  const sections = (Object.keys(rules) as RuleId[]).map(sectionOf);
  return `${[heading, ...sections].join('\n')}`;
}

export function writeTable(): void {
  writeFileSync(projectFolder + tablePath, renderTable());
}

function sectionOf(rule: RuleId): string {
  const own = guards.filter((guard) => guard.rule === rule);
  const title = `## ${rule}\n\n${rules[rule]}\n`;
  if (own.length === 0) return `${title}\nNo guard: ${rulesWithoutGuards[rule] ?? ''}\n`;
  const head = '| guard | where | what it prevents | what catches it |\n| --- | --- | --- | --- |';
  return `${title}\n${[head, ...own.map(rowOf)].join('\n')}\n`;
}

function rowOf(row: Guard): string {
  const { guard, file, prevents } = row;
  const catcher = eachCatcher(row).map(catcherCell).join('; ');
  return `| ${[guard, `\`${file}\``, prevents, catcher].map(cellOf).join(' | ')} |`;
}

function catcherCell({ caughtBy }: Guard): string {
  return 'seed' in caughtBy
    ? `seed ${caughtBy.seed} of the simulation (\`${seedTestFile}\`)`
    : `“${caughtBy.test}” of \`${caughtBy.file}\``;
}

function cellOf(text: string): string {
  return text.replaceAll('|', '\\|');
}
