import type { ChartState } from './chart.ts';

/** What a state means to a person who looks at the picture; decides its colour. */
export type Role = 'resting' | 'working' | 'good' | 'waiting' | 'alarm' | 'operator' | 'end';

/** The colours of a role: of the box, its frame, and the words in it. */
export interface Palette {
  readonly colour: string;
  readonly fill: string;
  readonly stroke: string;
  readonly meaning: string;
}

export const palettes: Readonly<Record<Role, Palette>> = {
  resting: { colour: 'grey', fill: '#f8fafc', stroke: '#64748b', meaning: 'a state of its own' },
  working: {
    colour: 'blue',
    fill: '#eff6ff',
    stroke: '#2563eb',
    meaning: 'something is being done',
  },
  good: { colour: 'green', fill: '#f0fdf4', stroke: '#16a34a', meaning: 'all is well' },
  waiting: { colour: 'amber', fill: '#fffbeb', stroke: '#d97706', meaning: 'waiting for facts' },
  alarm: { colour: 'red', fill: '#fef2f2', stroke: '#dc2626', meaning: 'something is wrong' },
  operator: {
    colour: 'violet',
    fill: '#faf5ff',
    stroke: '#9333ea',
    meaning: 'a person has to decide',
  },
  end: { colour: 'dark', fill: '#e2e8f0', stroke: '#334155', meaning: 'the end' },
};

/** Of several tags, the one that stands first here gives the colour. */
const ROLE_OF_TAG: readonly (readonly [string, Role])[] = [
  ['ended', 'end'],
  ['waitsForOperator', 'operator'],
  ['danger', 'alarm'],
  ['serving', 'good'],
  ['deciding', 'waiting'],
];

/** The role that a tag gives, or else what kind of state it is. */
export function roleOf(state: ChartState): Role {
  if (state.kind === 'final') {
    return 'end';
  }
  const tagged = ROLE_OF_TAG.find(([tag]) => state.tags.includes(tag))?.[1];
  return tagged ?? (state.invokes.length > 0 ? 'working' : 'resting');
}
