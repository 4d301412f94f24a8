import { wrapped } from './labels.ts';
import { escapeXml } from './xml.ts';

export interface HighlightOptions {
  /** What is written below the picture, e.g. the instant and why the node is in that state. */
  readonly caption?: string;
}

/**
 * Marks the active states in a picture of `visualizations/`: the same SVG with the class `active`
 * on the group of each state that is in `active` (ids such as `node.active.running`), and on no
 * other. Marking a marked picture again replaces the marks, but adds its caption below.
 */
export function highlightSvg(
  svg: string,
  active: ReadonlySet<string>,
  { caption = '' }: HighlightOptions = {},
): string {
  const marked = svg.replace(
    /<g ([^>]*?)class="([^"]*)" data-state="([^"]*)"/g,
    (_, before: string, classes: string, state: string) => {
      const others = classes.split(' ').filter((name) => name !== 'active');
      const names = active.has(state) ? [...others, 'active'] : others;
      return `<g ${before}class="${names.join(' ')}" data-state="${state}"`;
    },
  );
  const root = marked.replace(
    /^<svg ([^>]*?)class="(poster|picture)(?: at-one-moment)?"/,
    '<svg $1class="$2 at-one-moment"',
  );
  return caption === '' ? root : withCaption(root, caption);
}

const SIZE = /^<svg ([^>]*?)width="(\d+)" height="(\d+)" viewBox="[^"]*"/;
const MARGIN = 20;

/** The size of letters grows with the picture: a poster is looked at from afar. */
function lettersOf(width: number): { readonly size: number; readonly lineHeight: number } {
  const size = Math.max(13, Math.round(width / 110));
  return { size, lineHeight: Math.round(size * 1.4) };
}

/** How much of its size a letter is wide, at most and on average. */
const LETTER_WIDTH = 0.57;

/** Makes room below the picture and writes the caption there, in as many lines as it needs. */
function withCaption(svg: string, caption: string): string {
  const [, before = '', widthText = '', heightText = ''] = SIZE.exec(svg) ?? [];
  const [width, height] = [Number(widthText), Number(heightText)];
  const { size, lineHeight } = lettersOf(width);
  const columns = Math.floor((width - 2 * MARGIN) / (size * LETTER_WIDTH));
  const lines = caption.split('\n').flatMap((line) => wrapped(line, columns));
  const total = height + lines.length * lineHeight + MARGIN;
  const texts = lines.map((line, row) => {
    const y = height + (row + 1) * lineHeight;
    const text = escapeXml(line);
    return `<text class="moment" x="${MARGIN}" y="${y}" font-size="${size}">${text}</text>\n`;
  });
  const end = svg.lastIndexOf('</svg>');
  return `${svg.slice(0, end)}${texts.join('')}</svg>\n`
    .replace(
      SIZE,
      () => `<svg ${before}width="${width}" height="${total}" viewBox="0 0 ${width} ${total}"`,
    )
    .replace(/<rect class="paper"[^>]*\/>/, () => {
      return `<rect class="paper" width="${width}" height="${total}"/>`;
    });
}
