import type { Topic } from './explain-topics.ts';
import { line, paragraph, type Screen } from './inspect-screen.ts';

/** A topic in full. */
export function renderTopic({ kind, id, sentence, details }: Topic, screen: Screen): string[] {
  return [
    line(screen, [
      [id, 'bold'],
      [`  ${kind}`, 'dim'],
    ]),
    ...paragraph(screen, sentence),
    ...Object.entries(details).flatMap(([heading, lines]) => [
      '',
      line(screen, [[heading, 'dim']]),
      ...lines.flatMap((text) => indented(text, screen)),
    ]),
  ];
}

function indented(text: string, screen: Screen): readonly string[] {
  const inner = { ...screen, columns: screen.columns - 2 };
  return paragraph(inner, text, { hang: 2 }).map((one) => `  ${one}`);
}

/** All topics, a line for each, under the names of their kinds. */
export function renderTopicList(topics: readonly Topic[], screen: Screen): string[] {
  const kinds = [...new Set(topics.map(({ kind }) => kind))];
  return kinds.flatMap((kind, index) => {
    const members = topics.filter((topic) => topic.kind === kind);
    const widest = Math.max(...members.map(({ id }) => id.length));
    const width = Math.min(widest, Math.floor(screen.columns / 2));
    return [
      ...(index === 0 ? [] : ['']),
      line(screen, [[plural(kind), 'bold']]),
      ...members.map(({ id, sentence }) =>
        line(screen, [[`  ${id.padEnd(width)}`], [`  ${sentence}`, 'dim']]),
      ),
    ];
  });
}

function plural(kind: string): string {
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}s`;
}
