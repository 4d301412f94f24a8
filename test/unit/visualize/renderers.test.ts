import { describe, expect, test } from 'vitest';
import { withDescendants } from '../../../src/visualize/chart.ts';
import { definitionHash } from '../../../src/visualize/definition-hash.ts';
import { generateFiles } from '../../../src/visualize/files.ts';
import { wrapped } from '../../../src/visualize/labels.ts';
import { renderMermaid } from '../../../src/visualize/mermaid.ts';
import { drawPicture } from '../../../src/visualize/picture.ts';
import { activeStates, readChart } from '../../../src/visualize/read-chart.ts';
import { renderPictures } from '../../../src/visualize/svg.ts';
import { renderStateTable, renderTransitionTable } from '../../../src/visualize/table.ts';
import { doorMachine, tasksMachine } from './door-chart.ts';

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
    expect(arrowsOf({ opened: new Set() })).toEqual([
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
    const open = renderMermaid(door, { active: activeStates(door, { open: { leaf: 'still' } }) });
    expect(open).toContain('  class door_open_leaf_still active\n');
    expect(open).toContain('  class door_open_leaf,door_open around\n');
    expect(open).not.toContain('class door_locked active');
  });
});

describe('the tables', () => {
  test('have one row for each transition, in the order in which they are tried', () => {
    const rows = renderTransitionTable(door).trimEnd().split('\n').slice(2);
    expect(rows).toHaveLength(10);
    expect(rows[1]).toBe(
      '| `locked` | `key.turned` | `keyFits and not isJammed` | `opening` | runs `openLatch` | S7 | The key is the proof. |',
    );
    expect(rows[2]).toBe(
      '| `locked` | `door.pushed` |  | stays | `countPush`, `ring(low)` |  |  |',
    );
  });

  test('tell as effects what a transition does, and what runs because of it', () => {
    const effects = renderTransitionTable(readChart('tasks', tasksMachine))
      .trimEnd()
      .split('\n')
      .slice(2)
      .map((row) => row.split(' | ').slice(3, 5).join(' <- '));
    expect(effects).toEqual([
      '`busy` <- `note`, `open`; runs `watch`, `work`',
      '`busy.second` <- runs `rest`',
      '`busy` (enters anew) <- `open`; runs `watch`, `work`',
      '`busy` <- runs `work`',
      '`busy.second` (enters anew) <- `open`; runs `watch`, `rest`',
      '`split.left.two` <- `open`; runs `rest`',
      'stays <- `note`',
    ]);
  });

  test('keep a bar in a text from ending its cell', () => {
    expect(renderStateTable(door)).toContain('Shut \\| bolted.');
  });
});

describe('SVG', () => {
  test('is the same each time, and names neither its maker nor its version', async () => {
    const [one, other] = await Promise.all([renderPictures(door), renderPictures(door)]);
    expect([...one]).toEqual([...other]);
    expect([...one.keys()]).toEqual(['door', 'door.overview', 'door.open']);
    for (const svg of one.values()) {
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="\d/);
      expect(svg).not.toMatch(/graphviz|NaN|undefined/i);
    }
  });

  test('says which version of the chart it shows', async () => {
    const hash = definitionHash(door);
    for (const svg of (await renderPictures(door)).values()) {
      expect(svg).toContain(` data-definition-hash="${hash}">`);
      expect(svg).toContain(`>e2d · chart door · definition ${hash.slice(0, 12)}</text>`);
    }
  });

  test('tells on a box what the state means, and on an arrow what the transition does', async () => {
    const svg = await pictureOf('door.overview');
    expect(svg).toContain('<title>locked: Shut | bolted.</title>');
    expect(svg).toContain(
      '<title>key.turned [keyFits and not isJammed] (S7): The key is the proof.</title>',
    );
  });

  test('names the state of each box, and the ends and the events of each arrow', async () => {
    const svg = await pictureOf('door.open');
    const groups = /<g id="([^"]*)" class="(\w+) \w+" data-state="([^"]*)">/g;
    expect([...svg.matchAll(groups)].map((found) => found.slice(1).join(' '))).toEqual([
      'state-door.open.leaf cluster door.open.leaf',
      'state-door.open.leaf.still node door.open.leaf.still',
      'state-door.open.leaf.swinging node door.open.leaf.swinging',
      'state-door.open.lamp node door.open.lamp',
    ]);
    const [still, swinging] = ['door.open.leaf.still', 'door.open.leaf.swinging'];
    const ends = /<g class="edge \w+" data-from="([^"]*)" data-to="([^"]*)" data-event="([^"]*)">/g;
    expect([...svg.matchAll(ends)].map((found) => found.slice(1)).sort()).toEqual([
      ['door.open', 'door.locked', 'key.turned'],
      [still, swinging, 'door.pushed'],
      [swinging, 'door.barred', 'after 20 ms'],
      [swinging, still, 'after springBack'],
    ]);
  });

  test('has no two groups of one id on the poster, and every state on it', async () => {
    const poster = await pictureOf('door');
    const ids = [...poster.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const shown = new Set([...poster.matchAll(/ data-state="([^"]*)"/g)].map(([, id]) => id));
    expect(shown).toEqual(new Set(withDescendants(door.root).map(({ id }) => id)));
  });

  test('draws words over the box they are in', async () => {
    const svg = await pictureOf('door.overview');
    const [node = ''] = /<g id="state-door.opening"[\s\S]*?<\/g>/.exec(svg) ?? [];
    expect(node).toContain('>opening<');
    expect(node.indexOf('<path')).toBeLessThan(node.indexOf('<text'));
  });
});

async function pictureOf(name: string): Promise<string> {
  const svg = (await renderPictures(door)).get(name);
  if (svg === undefined) {
    throw new Error(`no picture ${name}`);
  }
  return svg;
}

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
