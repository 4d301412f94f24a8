import { type Line, type Piece, piece, type Tone, wrap } from './styled-text.ts';
import type { NodeView, OwnView, PlaygroundView } from './view.ts';

/** One line a node, below a header; columns that find no room are left out. */
export function nodeLines({ nodes, selected }: PlaygroundView, columns: number): Line[] {
  const shown = fields.filter(({ from }) => columns >= from);
  const header = shown.map(({ title, width }) => piece(title.padEnd(width), 'faint'));
  const rows = nodes.map((node, index): Line => {
    const isChosen = index === selected;
    const mark = piece(isChosen ? '> ' : '  ', 'chosen');
    const cells = shown.map(({ of, width }, column): Piece => {
      const { text, tone } = of(node);
      const fitting = text.length < width ? text : `${text.slice(0, width - 2)}… `;
      return piece(fitting.padEnd(width), isChosen && column === 0 ? 'chosen' : tone);
    });
    return [mark, ...cells];
  });
  return [[piece('  '), ...header], ...rows];
}

/** The selected node in its own words: its chart's state in full, and what it would do next. */
export function chosenLines({ nodes, selected }: PlaygroundView, columns: number): Line[] {
  const node = nodes[selected];
  if (node === undefined) return [];
  const { name, own } = node;
  if (own === null) return [[piece(`${name} does not answer.`, 'faint')], [], []];
  const state = wrap(`${name} is in ${own.state}`, columns).slice(0, 2);
  const lines = [...state, ...wrap(`next: ${own.outlook}`, columns)];
  // Always as many lines, so that what stands below does not jump.
  return Array.from({ length: 3 }, (_, index): Line => [piece(lines[index] ?? '', 'faint')]);
}

interface Field {
  readonly title: string;
  readonly width: number;
  /** The narrowest terminal that has room for it. */
  readonly from: number;
  readonly of: (node: NodeView) => Piece;
}

const fields: readonly Field[] = [
  { title: 'NODE', width: 5, from: 0, of: ({ name }) => piece(name) },
  { title: 'RUNS', width: 11, from: 0, of: processesOf },
  { title: 'ROLE', width: 10, from: 0, of: roleOf },
  { title: 'HEALTH', width: 11, from: 60, of: healthOf },
  { title: 'STATE', width: 12, from: 0, of: ({ own }) => stateOf(own, 12) },
  { title: '', width: 16, from: 72, of: ({ own }) => piece(restOfState(own), 'faint') },
  { title: 'PATH', width: 24, from: 92, of: ({ own }) => piece(own?.path ?? '', 'faint') },
];

function processesOf({ processes, isCut }: NodeView): Piece {
  const { e2d, etcd, paused } = processes;
  if (paused) return piece('paused', 'warn');
  const cut = isCut ? piece('cut off', 'warn') : null;
  if (e2d && etcd) return cut ?? piece('e2d, etcd', 'good');
  if (!e2d && !etcd) return piece('off', 'bad');
  return piece(e2d ? 'e2d alone' : 'etcd alone', 'warn');
}

function roleOf({ role }: NodeView): Piece {
  const tones: Readonly<Record<NodeView['role'], Tone>> = {
    leader: 'title',
    follower: 'plain',
    learner: 'warn',
    'no member': 'bad',
    unknown: 'faint',
  };
  return piece(role === 'unknown' ? '?' : role, tones[role]);
}

function healthOf({ health }: NodeView): Piece {
  const tones = { healthy: 'good', unhealthy: 'bad', unknown: 'faint' } as const;
  return piece(health === 'unknown' ? '?' : health, tones[health]);
}

function stateOf(own: OwnView | null, width: number): Piece {
  if (own === null) return piece('no answer', 'bad');
  const [words = ''] = inWords(own.state);
  const tone = words === 'voting' ? 'good' : 'warn';
  return piece(words.slice(0, width - 1), tone);
}

function restOfState(own: OwnView | null): string {
  return own === null ? '' : (inWords(own.state)[1] ?? '');
}

/**
 * A state of the chart in one word, and the rest of it: of a node that runs, what its etcd or its
 * standing is; of another, the phase it is in.
 */
export function inWords(state: string): readonly [string, string] {
  const etcd = /\betcd\.([\w.]+)/.exec(state)?.[1];
  const standing = /\bstanding\.([\w.]+)/.exec(state)?.[1];
  if (etcd !== undefined && etcd !== 'up.healthy') return ['etcd', etcd.replace(/^up\./, '')];
  const plain = standing ?? state.replace(/^active\./, '').replace(/\.?\(.*\)$/, '');
  const [first = '', ...rest] = plain.split('.');
  return [first, rest.join('.')];
}
