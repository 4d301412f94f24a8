import { describe, expect, test } from 'vitest';
import { readText } from './open-page.ts';
import { pageOfNodes } from './page-of-nodes.ts';
import { ScriptedNode } from './scripted-node.ts';

/** Waits longer than a busy machine needs. */
const poll = <T>(look: () => T) => expect.poll(look, { timeout: 10_000 });

const { nodeAt, open, opened } = pageOfNodes(async () => [(await ScriptedNode.start()).prepare()]);

const text = (id: string) => readText(opened().page, `#${id}`);
const activeIn = (picture: string) =>
  opened()
    .page.locator(`figure[data-picture="${picture}"] g.active`)
    .evaluateAll((groups) => groups.map((group) => group.getAttribute('data-state')));

describe('the live node', () => {
  test('is drawn, and told in words', async () => {
    const page = await open();
    expect(await page.title()).toBe('a · e2d inspect');
    expect(await activeIn('node.overview')).toEqual(['node.active', 'node.active.running']);
    expect(await activeIn('node.active.running.etcd')).toEqual([
      'node.active.running.etcd.launching',
    ]);
    expect(await text('decision')).toMatch(/^S9\s*this node has its data, so it restarts from it/);
    expect(await text('summary')).toContain('restart-existing');
    expect(await text('tree')).toContain('Starts etcd in a session of its own');
    expect(await text('actors')).toMatch(/launch etcd\s*S9: /);
    expect(opened().complaints).toEqual([]);
  });

  test('moves: the arrow taken and the state entered light up, and it is said', async () => {
    const page = await open();
    nodeAt(0).becomeHealthy();
    const arrow = page.locator('.edge.taken[data-to="node.active.running.etcd.up"]');
    await arrow.waitFor({ state: 'attached' });
    expect(await arrow.getAttribute('data-from')).toBe('node.active.running.etcd.launching');
    const animations = await page.evaluate(
      'document.getAnimations().map(({ animationName }) => animationName)',
    );
    expect(animations).toEqual(expect.arrayContaining(['travel', 'settle']));
    await page.locator('g.node.active[data-state="node.active.running.etcd.up.healthy"]').waitFor();
    await poll(() => text('announcer')).toContain('running, etcd, up, healthy');
    expect(await text('members')).toMatch(/a\s+leader\s+healthy\s+0\s+900\s+4\.0 KiB/);
    expect(await text('peers')).toMatch(/b\s+alive\s+running/);
    await poll(() => page.locator('.taken').count()).toBe(0);
    expect(opened().complaints).toEqual([]);
  });

  test('says what it waits for, and what a person can do', async () => {
    nodeAt(0)
      .becomeHealthy()
      .send({ type: 'etcd.exited', reason: { kind: 'bad-flags', sentence: 'a flag is unknown' } });
    const page = await open();
    expect(await text('waiting')).toMatch(/a flag is unknown\s*mend what the sentence says/);
    expect(await page.getByRole('button', { name: 'Copy the command' }).isVisible()).toBe(true);
  });

  test('shows a timer that runs down', async () => {
    nodeAt(0)
      .becomeHealthy()
      .send({
        type: 'etcd.exited',
        reason: { kind: 'port-taken', sentence: 'port 2380 is taken' },
      });
    await open();
    const left = async () =>
      Number(/obstruction retry[\s\S]*in ([\d.]+) s/.exec(await text('timers'))?.[1]);
    const before = await left();
    expect(before).toBeGreaterThan(1);
    await poll(left).toBeLessThan(before);
  });

  test('falls silent and comes back', async () => {
    const page = await open();
    await nodeAt(0).fallSilent();
    await page.getByText('No answer', { exact: true }).waitFor();
    expect(await text('problem')).toContain('no socket');
    await nodeAt(0).answer();
    await page.getByText('Live', { exact: true }).waitFor();
    expect((await text('problem')).trim()).toBe('');
  });
});

describe('the recent past', () => {
  test('is gone through with the slider, and left for the present', async () => {
    nodeAt(0).becomeHealthy();
    const page = await open();
    const line = page.getByRole('slider', { name: 'Time line' });
    const newest = Number(await line.inputValue());
    expect(newest).toBeGreaterThan(2);
    await line.focus();
    await page.keyboard.press('Home');
    await page.getByText('Looking back').waitFor();
    expect(await activeIn('node.overview')).toEqual(['node.preparing']);
    expect(await line.getAttribute('aria-valuetext')).toMatch(/start · step 1 of \d+.*preparing/);
    await page.keyboard.press('ArrowRight');
    await expect
      .poll(() => activeIn('node.active.running.etcd'))
      .toEqual(['node.active.running.etcd.launching']);
    nodeAt(0).loseQuorum();
    await poll(async () => Number(await line.getAttribute('max'))).toBeGreaterThan(newest);
    expect(await page.getByText('Looking back').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Back to live' }).click();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await activeIn('node.active.running.quorum')).toEqual([
      'node.active.running.quorum.lost',
    ]);
  });

  test('lists steps that can be gone to', async () => {
    nodeAt(0).becomeHealthy();
    const page = await open();
    await page.getByRole('button', { name: /done: prepare/ }).click();
    expect(await readText(page, '#steps [aria-current="step"]')).toContain('S9');
    expect(await activeIn('node.active.running.etcd')).toEqual([
      'node.active.running.etcd.launching',
    ]);
  });
});
