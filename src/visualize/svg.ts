import { type IState, type IStateMachine, render } from 'state-machine-cat';
import type { Chart } from './chart.ts';
import { arrowText, bodyLines, stayingTransitions, transitionText, wrapped } from './labels.ts';
import { type Box, drawPicture, type Picture, type View } from './picture.ts';
import { roleOf } from './roles.ts';
import { decorate, type Tooltips } from './svg-style.ts';

const ARROW_COLUMNS = 32;
const BODY_COLUMNS = 40;

/**
 * Draws a chart as SVG text. The same chart gives the same bytes on every machine: the layout comes
 * from Graphviz compiled to WebAssembly, never from one that happens to be installed.
 */
export async function renderSvg(chart: Chart, view: View = {}): Promise<string> {
  const picture = drawPicture(chart, view);
  const svg = await render(toStateMachine(picture, view.levels !== undefined), {
    inputType: 'json',
    outputType: 'oldsvg',
    dotGraphAttrs: [
      { name: 'bgcolor', value: 'white' },
      { name: 'nodesep', value: '0.4' },
      { name: 'ranksep', value: '0.3' },
      { name: 'pad', value: '0.2' },
    ],
  });
  return decorate(svg, tooltipsOf(picture));
}

function toStateMachine(picture: Picture, brief: boolean): IStateMachine {
  return {
    states: picture.boxes.map((box) => toState(box, brief)),
    transitions: picture.arrows.map(({ from, to, kind, transitions }, id) => ({
      id,
      from,
      to,
      class: kind,
      label: transitions
        .flatMap((transition) => wrapped(arrowText(transition), ARROW_COLUMNS))
        .join('\n'),
    })),
  };
}

function toState(box: Box, brief: boolean): IState {
  const inside = box.boxes.map((inner) => toState(inner, brief));
  const isParallel = inside.length > 0 && box.state?.kind === 'parallel';
  return {
    name: box.id,
    label: box.label,
    type: box.kind === 'initial' ? 'initial' : isParallel ? 'parallel' : 'regular',
    class: classesOf(box),
    actions: brief ? [] : bodyOf(box).map((body) => ({ type: 'activity', body })),
    ...(inside.length === 0 ? {} : { statemachine: { states: inside } }),
  };
}

function classesOf({ kind, state, active }: Box): string {
  return [state === null ? kind : roleOf(state), ...(active ? ['active'] : [])].join(' ');
}

function bodyOf({ state }: Box): readonly string[] {
  if (state === null) {
    return [];
  }
  const staying = stayingTransitions(state).map(transitionText);
  return [...bodyLines(state), ...staying].flatMap((line) => wrapped(line, BODY_COLUMNS));
}

/**
 * What is too long for the picture itself, by the titles that Graphviz gives its boxes and arrows.
 */
function tooltipsOf(picture: Picture): Tooltips {
  const ofBoxes = withInner(picture.boxes).flatMap(({ id, label, state }): [string, string][] => {
    const text = [label, state?.description ?? null].filter((part) => part !== null).join(': ');
    return [
      [id, text],
      [`cluster_${id}`, text],
    ];
  });
  const ofArrows = picture.arrows.map(({ from, to, transitions }): [string, string] => [
    `${from}->${to}`,
    transitions
      .map((one) =>
        [transitionText(one), one.description].filter((part) => part !== null).join(': '),
      )
      .join('\n'),
  ]);
  return new Map([...ofBoxes, ...ofArrows].filter(([, text]) => text !== ''));
}

function withInner(boxes: readonly Box[]): readonly Box[] {
  return boxes.flatMap((box) => [box, ...withInner(box.boxes)]);
}
