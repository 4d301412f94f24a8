import type { ChartState, TriggerKind } from './chart.ts';

/** What a state means to a person who looks at the picture; decides its colour. */
export type Role = 'resting' | 'working' | 'good' | 'waiting' | 'alarm' | 'operator' | 'end';

export interface Palette {
  readonly fill: string;
  readonly stroke: string;
}

/** The colours of a role, in words and as drawn. */
interface RolePalette extends Palette {
  readonly colour: string;
  readonly meaning: string;
}

/** The colour of words. */
export const INK = '#0f172a';

/** The colour of what is only hinted at. */
export const QUIET = '#64748b';

/** The colours of a state that is active at the moment that is shown. */
export const ACTIVE: Palette = { fill: '#fde047', stroke: '#a16207' };

export const palettes: Readonly<Record<Role, RolePalette>> = {
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

/** Fills an active state that is seen with its inside, where other states are not active. */
export const ACTIVE_AROUND = '#fefce8';

/** The colour of an arrow, by what sets it off. */
export function arrowColour(kind: TriggerKind): string {
  return kind === 'error' ? '#b91c1c' : kind === 'delay' ? '#b45309' : '#475569';
}
