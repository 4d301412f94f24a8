import { describe, expect, test } from 'vitest';
import { generateFiles } from '../../../src/visualize/files.ts';
import { wrapped } from '../../../src/visualize/labels.ts';
import { renderMermaid } from '../../../src/visualize/mermaid.ts';
import { drawPicture } from '../../../src/visualize/picture.ts';
import { activeStates, readChart } from '../../../src/visualize/read-chart.ts';
import { renderSvg } from '../../../src/visualize/svg.ts';
import { renderStateTable, renderTransitionTable } from '../../../src/visualize/table.ts';
import { doorMachine } from './door-chart.ts';

const door = readChart('door', doorMachine);

function arrowsOf(view: Parameters<typeof drawPicture>[1]): readonly string[] {
  return drawPicture(door, view)
    .arrows.filter(({ transitions }) => transitions.length > 0)
    .map(({ from, to }) => `${from} > ${to}`);
}

describe('the picture', () => {
  test('merges transitions between the same states, and draws inward ones from any state', () => {
    expect(arrowsOf({})).toEqual([
      'door.* > door.barred',
      'door.locked > door.opening',
      'door.opening > door.open',
      'door.opening > door.locked',
      'door.open > door.locked',
      'door.open.leaf.still > door.open.leaf.swinging',
      'door.open.leaf.swinging > door.barred',
      'door.open.leaf.swinging > door.open.leaf.still',
      'door.barred > door.gone',
    ]);
  });

  test('lifts arrows to the box that is shown, and hides those inside it', () => {
    expect(arrowsOf({ levels: 1 })).toEqual([
      'door.* > door.barred',
      'door.locked > door.opening',
      'door.opening > door.open',
      'door.opening > door.locked',
      'door.open > door.locked',
      'door.open > door.barred',
      'door.barred > door.gone',
    ]);
  });

  test('of one state shows what leads out of it', () => {
    const { boxes } = drawPicture(door, { scope: 'door.open.leaf' });
    expect(boxes.map(({ kind, label }) => `${kind} ${label}`)).toEqual([
      'initial ',
      'state still',
      'state swinging',
      'elsewhere barred',
    ]);
  });
});

describe('Mermaid', () => {
  const text = renderMermaid(door, { active: activeStates(door, 'locked') });

  test('nests states, separates regions and starts each where it begins', () => {
    expect(text).toContain(
      [
        '  state "open" as door_open {',
        '    state "leaf" as door_open_leaf {',
        '      state "still" as door_open_leaf_still',
        '      state "swinging" as door_open_leaf_swinging',
        '      [*] --> door_open_leaf_still',
        '      door_open_leaf_still --> door_open_leaf_swinging: door.pushed',
        '      door_open_leaf_swinging --> door_open_leaf_still: after springBack',
        '    }',
        '    --',
        '    state "lamp" as door_open_lamp',
        '  }',
      ].join('\n'),
    );
  });

  test('writes what it needs on an arrow, without signs that Mermaid takes for its own', () => {
    expect(text).toContain(
      '  door_locked --> door_opening: key.turned [keyFits and not isJammed] (S7)\n',
    );
    expect(text).toContain('  door_opening --> door_open: done openLatch\n');
    expect(text).toContain('  door_open --> door_barred: swinging · after 20 ms\n');
    expect(text).toContain('  door_any --> door_barred: alarm.raised (S1, S2)\n');
  });

  test('colours boxes by what they mean, and the active ones above all', () => {
    expect(text).toContain('  class door_locked active\n');
    expect(text).toContain('  class door_barred alarm\n');
  });
});

describe('the tables', () => {
  test('have one row for each transition, in the order in which they are tried', () => {
    const rows = renderTransitionTable(door).trimEnd().split('\n').slice(2);
    expect(rows).toHaveLength(10);
    expect(rows[1]).toBe(
      '| `locked` | `key.turned` | `keyFits and not isJammed` | `opening` |  | S7 | The key is the proof. |',
    );
    expect(rows[2]).toBe(
      '| `locked` | `door.pushed` |  | stays | `countPush`, `ring(tone: low)` |  |  |',
    );
  });

  test('keep a bar in a text from ending its cell', () => {
    expect(renderStateTable(door)).toContain('Shut \\| bolted.');
  });
});

describe('SVG', () => {
  test('is the same each time, and names neither its maker nor its version', async () => {
    const [one, other] = await Promise.all([renderSvg(door), renderSvg(door)]);
    expect(one).toBe(other);
    expect(one).toMatch(/^<svg width="\d/);
    expect(one).not.toMatch(/graphviz/i);
  });

  test('tells on a box what the state means, and on an arrow what the transition does', async () => {
    const svg = await renderSvg(door);
    expect(svg).toContain('<title>locked: Shut | bolted.</title>');
    expect(svg).toContain(
      '<title>key.turned [keyFits and not isJammed] (S7): The key is the proof.</title>',
    );
  });

  test('marks active states, and only those', async () => {
    const active = activeStates(door, { open: { leaf: 'still', lamp: {} } });
    const marked = (svg: string) => svg.match(/class="(node|cluster) state [^"]*\bactive"/g) ?? [];
    expect(marked(await renderSvg(door, { active }))).toHaveLength(4);
    expect(marked(await renderSvg(door))).toHaveLength(0);
  });

  test('draws words over the box they are in', async () => {
    const svg = await renderSvg(door);
    const [node = ''] =
      /<g id="node\d+" class="node state regular working">[\s\S]*?<\/g>/.exec(svg) ?? [];
    expect(node).toContain('opening');
    expect(node.indexOf('<path')).toBeLessThan(node.indexOf('<text'));
  });
});

test('every file that a page names is written', async () => {
  const files = await generateFiles({ door: doorMachine });
  const links = [...files].flatMap(([, text]) =>
    [...text.matchAll(/\]\(([^)#]+)/g)].map(([, target]) => target ?? ''),
  );
  const inside = links.filter((link) => !link.startsWith('../'));
  expect(new Set(inside)).toEqual(new Set(files.keys()));
});

test('a text breaks at spaces, and a long word stands alone', () => {
  expect(wrapped('peer.failed [quorumHeld and twoKindsOfEvidence] (S11)', 24)).toEqual([
    'peer.failed [quorumHeld',
    'and twoKindsOfEvidence]',
    '(S11)',
  ]);
});
