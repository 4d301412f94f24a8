import { transitionText } from './labels.ts';
import type { Arrow, Box, Picture } from './picture.ts';
import { escapeXml, unescapeXml } from './xml.ts';

/**
 * Gives what Graphviz drew its meaning: `data-state` on the group of a state's box; `data-from`,
 * `data-to` and `data-event` (what sets it off, several with `|` between them) on an arrow's; and
 * to both a text that shows when the pointer rests on them.
 */
export function annotate(body: string, picture: Picture): string {
  const boxes = new Map(withInner(picture.boxes).map((box) => [`state-${box.id}`, box]));
  const arrows = new Map(picture.arrows.map((arrow, index) => [`arrow-${index}`, arrow]));
  return body
    .replace(/<!--[\s\S]*?-->\n?/g, '')
    .replace(/ xml:space="preserve"| font-(?:family|weight)="[^"]*"/g, '')
    .replace(
      /<g id="([^"]*)" class="([^"]*)">\n<title>[\s\S]*?<\/title>\n/g,
      (_, escaped: string, classes: string) => {
        const id = unescapeXml(escaped);
        const box = boxes.get(id);
        const arrow = arrows.get(id);
        return box !== undefined
          ? `<g id="${id}" class="${classes}" data-state="${box.id}">\n${titleOf(tellBox(box))}`
          : arrow !== undefined
            ? `<g class="${classes}"${endsOf(arrow)}>\n${titleOf(tellArrow(arrow))}`
            : `<g class="${classes}">\n`;
      },
    );
}

function endsOf({ from, to, transitions }: Arrow): string {
  if (transitions.length === 0) {
    return '';
  }
  const events = [...new Set(transitions.map(({ trigger }) => trigger))].join('|');
  return ` data-from="${stateOf(from)}" data-to="${stateOf(to)}" data-event="${escapeXml(events)}"`;
}

/** The box for any state inside a state stands for that state, which declares the transition. */
function stateOf(boxId: string): string {
  return boxId.replace(/\.\*$/, '');
}

function tellBox({ label, state }: Box): string {
  return [label, state?.description ?? null].filter((part) => part !== null).join(': ');
}

function tellArrow({ transitions }: Arrow): string {
  return transitions
    .map((one) => [transitionText(one), one.description].filter((part) => part !== null).join(': '))
    .join('\n');
}

function titleOf(text: string): string {
  return text === '' ? '' : `<title>${escapeXml(text)}</title>\n`;
}

function withInner(boxes: readonly Box[]): readonly Box[] {
  return boxes.flatMap((box) => [box, ...withInner(box.boxes)]);
}
