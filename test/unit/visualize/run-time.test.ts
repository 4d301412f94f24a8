import { describe, expect, test } from 'vitest';
import { charts } from '../../../machines/index.ts';
import { withDescendants } from '../../../src/visualize/chart.ts';
import { definitionHash } from '../../../src/visualize/definition-hash.ts';
import { renderDot } from '../../../src/visualize/dot.ts';
import { highlightSvg } from '../../../src/visualize/highlight.ts';
import { readPicture } from '../../../src/visualize/pictures.ts';
import { activeStates, readChart } from '../../../src/visualize/read-chart.ts';
import { partsOf, pictureName } from '../../../src/visualize/views.ts';
import { doorMachine } from './door-chart.ts';

const node = readChart('node', charts.node);
const value = {
  active: {
    running: {
      etcd: { up: 'healthy' },
      quorum: 'held',
      standing: 'voting',
      membership: 'watching',
    },
  },
};
const active = activeStates(node, value);

function markedIn(svg: string): ReadonlySet<string> {
  const found = svg.matchAll(/<g [^>]*class="[^"]*\bactive\b[^"]*" data-state="([^"]*)"/g);
  return new Set([...found].map(([, id]) => id ?? ''));
}

describe('the delivered pictures', () => {
  test('are read by name, and are of the version of the chart that runs', async () => {
    const names = ['poster' as const, 'overview' as const, ...partsOf(node)].map((picture) =>
      pictureName(node, picture),
    );
    for (const name of names) {
      expect(await readPicture(name)).toContain(`data-definition-hash="${definitionHash(node)}"`);
    }
  });

  test.each(['unheard-of', '../package', '', 'a/b'])('are not found as "%s"', async (name) => {
    await expect(readPicture(name)).rejects.toMatchObject({
      code: 'E2D_NO_PICTURE',
      message: expect.stringContaining(`There is no picture "${name}" in this e2d`),
    });
  });
});

describe('highlighting a picture', () => {
  test('marks each active state on the poster, and no other', async () => {
    const marked = markedIn(highlightSvg(await readPicture('node'), active));
    expect(marked).toEqual(new Set([...active].filter((id) => id !== node.root.id)));
    expect(marked.size).toBe(11);
  });

  test('marks of a part what is active in it', async () => {
    const svg = highlightSvg(await readPicture('node.active.running.etcd'), active);
    expect(markedIn(svg)).toEqual(
      new Set(['node.active.running.etcd.up', 'node.active.running.etcd.up.healthy']),
    );
  });

  test('changes nothing but classes, and can be done again for another moment', async () => {
    const plain = await readPicture('node.overview');
    expect(markedIn(plain)).toEqual(new Set());
    const once = highlightSvg(plain, active);
    const stopped = activeStates(node, 'stopped');
    expect(highlightSvg(once, stopped)).toBe(highlightSvg(plain, stopped));
    const withoutMarks = once.replaceAll(' active"', '"').replace(' at-one-moment"', '"');
    expect(withoutMarks).toBe(plain);
  });

  test('writes the caption below, in as many lines as it needs, and makes room for it', async () => {
    const plain = await readPicture('node.active.joining');
    const wide = 'and so on, and so forth, '.repeat(12).trim();
    const caption = `at 12:00 <weighs> because "the facts" are & stay unknown, ${wide}`;
    const svg = highlightSvg(plain, active, { caption });
    const lines = [
      ...svg.matchAll(/<text class="moment" x="20" y="(\d+)" font-size="13">([^<]*)</g),
    ];
    expect(lines.map(([, , text]) => text).join(' ')).toBe(
      `at 12:00 &lt;weighs&gt; because &quot;the facts&quot; are &amp; stay unknown, ${wide}`,
    );
    expect(lines.length).toBeGreaterThan(1);
    const heightOf = (text: string) => Number(/ height="(\d+)"/.exec(text)?.[1]);
    expect(heightOf(svg)).toBeGreaterThan(Number(lines.at(-1)?.[1]));
    expect(Number(lines[0]?.[1])).toBeGreaterThan(heightOf(plain));
    expect(svg).toContain(`viewBox="0 0 ${/ width="(\d+)"/.exec(svg)?.[1]} ${heightOf(svg)}"`);
  });
});

describe('text for Graphviz', () => {
  const door = readChart('door', doorMachine);
  const dot = renderDot(door, { active: activeStates(door, { open: { leaf: 'still' } }) });

  test('has a cluster for each state with an inside, and a box for every other', () => {
    const states = withDescendants(door.root).slice(1);
    const [around, leaves] = [
      states.filter((state) => state.states.length > 0),
      states.filter((state) => state.states.length === 0),
    ];
    expect([...dot.matchAll(/subgraph "cluster_([^"]*)" \{/g)].map(([, id]) => id)).toEqual(
      around.map(({ id }) => id),
    );
    for (const { id } of leaves) {
      expect(dot).toContain(`"${id}" [label="`);
    }
  });

  test('marks the active states', () => {
    const marked = [...dot.matchAll(/id="state-([^"]*)", class="\w+ active"/g)];
    expect(marked.map(([, id]) => id)).toEqual([
      'door.open',
      'door.open.leaf',
      'door.open.leaf.still',
    ]);
  });

  test('cuts arrows off at the edge of a cluster, and turns those that lead back', () => {
    expect(dot).toMatch(/"door.opening" -> "door.open.leaf.still\.\(initial\)" .*lhead="cluster_/);
    expect(dot).toMatch(/"door.locked" -> "door.opening" .*error: openLatch.*dir="back"/);
  });

  test('keeps quotes and backslashes in a text from ending it', () => {
    const root = { ...door.root.states[0], description: 'says "no\\way"' };
    const chart = { ...door, root: { ...door.root, states: [{ ...door.root, ...root }] } };
    expect(renderDot(chart)).toContain('says \\"no\\\\way\\"');
  });
});
