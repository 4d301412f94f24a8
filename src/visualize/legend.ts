import type { Drawing } from './drawing.ts';
import { ACTIVE, arrowColour, INK, palettes, QUIET, type Role } from './roles.ts';
import { escapeXml } from './xml.ts';

const ROW_HEIGHT = 20;
const SIGN_WIDTH = 28;
const POINTS_PER_LETTER = 5.6;

/** What colours, lines and signs mean, in rows of at most `width`. */
export function writeLegend(roles: ReadonlySet<Role>, width: number): Drawing {
  const entries = [...ofRoles(roles), ...SIGNS];
  let [x, y, widest] = [0, 0, 0];
  const written = entries.map(({ sign, meaning }) => {
    const entryWidth = SIGN_WIDTH + 6 + meaning.length * POINTS_PER_LETTER + 16;
    if (x > 0 && x + entryWidth > width) {
      [x, y] = [0, y + ROW_HEIGHT];
    }
    const text = `<text x="${SIGN_WIDTH + 6}" y="10.5">${escapeXml(meaning)}</text>`;
    const group = `<g transform="translate(${Math.round(x)} ${y})">${sign}${text}</g>\n`;
    x += entryWidth;
    widest = Math.max(widest, x);
    return group;
  });
  return {
    width: widest,
    height: y + ROW_HEIGHT,
    body: `<g class="legend">\n${written.join('')}</g>\n`,
  };
}

interface Entry {
  readonly sign: string;
  readonly meaning: string;
}

function ofRoles(roles: ReadonlySet<Role>): readonly Entry[] {
  return Object.entries(palettes)
    .filter(([role]) => [...roles].some((one) => one === role))
    .map(([, { fill, stroke, meaning }]) => ({ sign: box(fill, stroke), meaning }));
}

function box(fill: string, stroke: string, more = ''): string {
  const size = `x="1" y="1" width="${SIGN_WIDTH - 2}" height="12" rx="5"`;
  return `<rect ${size} fill="${fill}" stroke="${stroke}" stroke-width="1.3"${more}/>`;
}

function line(colour: string, more = ''): string {
  const head = `<path d="M20,3L27,7L20,11z" fill="${colour}"/>`;
  return `<path d="M1,7H21" stroke="${colour}" fill="none"${more}/>${head}`;
}

const SIGNS: readonly Entry[] = [
  { sign: box(ACTIVE.fill, ACTIVE.stroke), meaning: 'active at the moment shown' },
  { sign: box('none', QUIET, ' stroke-dasharray="4 3"'), meaning: 'any state, or one elsewhere' },
  { sign: `<circle cx="14" cy="7" r="5" fill="${INK}"/>`, meaning: 'starts here' },
  { sign: line(arrowColour('event')), meaning: 'event [guard] (safety rule)' },
  { sign: line(arrowColour('error')), meaning: 'failed' },
  { sign: line(arrowColour('delay'), ' stroke-dasharray="5 3"'), meaning: 'after a time' },
];
