import type { ChartState, ChartTransition } from './chart.ts';

/** `event [guard] (S11)`: what is written on an arrow; a guard alone when it needs no event. */
export function arrowText({ kind, trigger, guard, rules }: ChartTransition): string {
  const parts = [
    ...(kind === 'always' && guard !== null ? [] : [trigger]),
    ...(guard === null ? [] : [`[${guard}]`]),
    ...(rules.length === 0 ? [] : [`(${rules.join(', ')})`]),
  ];
  return parts.join(' ');
}

/** `event [guard] (S11) / action, action`: everything short that a transition says of itself. */
export function transitionText(transition: ChartTransition): string {
  const actions = transition.actions.length === 0 ? '' : ` / ${transition.actions.join(', ')}`;
  return `${arrowText(transition)}${actions}`;
}

/**
 * The lines inside a state's box: what it does on the way in, while it lasts, and on the way out.
 */
export function bodyLines(state: ChartState): readonly string[] {
  return [
    ...state.entry.map((action) => `entry / ${action}`),
    ...state.invokes.map(({ src }) => `do / ${src}`),
    ...state.exit.map((action) => `exit / ${action}`),
  ];
}

/** The events that a state takes without leaving it. */
export function stayingTransitions(state: ChartState): readonly ChartTransition[] {
  return state.transitions.filter(({ targets }) => targets.length === 0);
}

/** Breaks a text at spaces into lines of at most `columns`, as far as its words allow. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
