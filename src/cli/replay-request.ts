import type { NodeSettings } from '../../machines/node/context.ts';
import { badConfig } from '../config/bad-config.ts';
import type { Invocation } from './command.ts';
import { helpOf, isOn } from './own-flags.ts';
import { replayFlags } from './replay-flags.ts';
import type { Moment } from './replay-moment.ts';
import { readChanges } from './replay-what-if.ts';

/** What an `e2d replay` is asked for. */
export interface ReplayRequest {
  readonly files: readonly string[];
  readonly from: Moment | undefined;
  readonly until: Moment | undefined;
  readonly view: View;
  readonly asJson: boolean;
}

export type View =
  | { readonly kind: 'check' }
  | { readonly kind: 'states' }
  | { readonly kind: 'why'; readonly moment: Moment }
  | { readonly kind: 'picture'; readonly format: 'mermaid' | 'svg'; readonly file: string | null }
  | {
      readonly kind: 'what-if';
      readonly texts: readonly string[];
      readonly change: (settings: NodeSettings) => NodeSettings;
    };

/** @throws E2dError `E2D_BAD_CONFIG` with all that is wrong with the flags. */
export function readRequest(invocation: Invocation): ReplayRequest {
  const { flags, command, args } = invocation;
  const problems = [...flags.problems];
  const views = problems.length > 0 ? [] : askedViews(invocation, problems);
  const [view = { kind: 'check' } as const, ...others] = views;
  if (others.length > 0) {
    const names = views.map(({ kind }) => viewFlags[kind]).join(', ');
    problems.push(`Only one of ${names} can be answered at a time.`);
  }
  const [from, until] = [momentOf('from', invocation), momentOf('until', invocation)];
  if (view.kind === 'why' && (from ?? until) !== undefined) {
    problems.push('--why is a moment itself, and takes neither --from nor --until.');
  }
  if (view.kind === 'what-if' && from !== undefined) {
    problems.push('--what-if looks from the start on, and takes no --from.');
  }
  if (problems.length > 0) throw badConfig({ ...flags, problems }, helpOf(command));
  const asJson = lastText('format', invocation) === 'json';
  return { files: args, from, until, view, asJson };
}

const viewFlags = {
  check: 'the check',
  states: '--states',
  why: '--why',
  picture: 'a picture',
  'what-if': '--what-if',
} as const satisfies Record<View['kind'], string>;

function askedViews(invocation: Invocation, problems: string[]): readonly View[] {
  const why = momentOf('why', invocation);
  const texts = invocation.flags.given
    .filter(({ option }) => option === 'what-if')
    .map(({ text }) => text);
  const svg = lastText('svg', invocation);
  const format = lastText('format', invocation);
  const isSvg = (svg !== undefined && svg !== 'false') || format === 'svg';
  if (isSvg && (format === 'mermaid' || format === 'json')) {
    problems.push(`--svg cannot be --format ${format} too.`);
  }
  const file = svg === undefined || svg === 'true' || svg === 'false' ? null : svg;
  const picture = isSvg ? 'svg' : format === 'mermaid' ? 'mermaid' : null;
  return [
    ...(isOn('states', invocation) ? [{ kind: 'states' } as const] : []),
    ...(why === undefined ? [] : [{ kind: 'why', moment: why } as const]),
    ...(picture === null ? [] : [{ kind: 'picture', format: picture, file } as const]),
    ...(texts.length === 0
      ? []
      : [{ kind: 'what-if', texts, change: readChanges(texts, problems) } as const]),
  ];
}

function momentOf(name: 'from' | 'until' | 'why', invocation: Invocation): Moment | undefined {
  const text = lastText(name, invocation);
  return text === undefined ? undefined : replayFlags[name].kind.parse(text);
}

function lastText(name: string, { flags }: Invocation): string | undefined {
  return flags.given.findLast(({ option }) => option === name)?.text;
}
