import { expect, test } from 'vitest';
import { findContrastProblems } from './contrast.ts';
import { pageOfNodes } from './page-of-nodes.ts';
import { ScriptedNode } from './scripted-node.ts';

const { nodeAt, open } = pageOfNodes(async () => [
  (await ScriptedNode.start()).prepare().becomeHealthy(),
]);

test('everything is reached with the Tab key, in order, and shows that it has the focus', async () => {
  const page = await open();
  const wanted = Number(
    await page.evaluate(`document.querySelectorAll(
      'button:enabled, select, input:enabled, [tabindex="0"]').length -
      document.querySelectorAll('#node').length`),
  );
  const reached = new Set<string>();
  for (let count = 0; count < wanted; count += 1) {
    await page.keyboard.press('Tab');
    const [path, outline] = (await page.evaluate(`(() => {
      const one = document.activeElement;
      const shown = one.matches('.hidden-input') ? one.nextElementSibling : one;
      const index = [...document.querySelectorAll('*')].indexOf(one);
      return [one.tagName + index, getComputedStyle(shown).outlineStyle];
    })()`)) as [string, string];
    reached.add(path);
    expect(outline, path).toBe('solid');
  }
  expect([...reached].filter((path) => !path.startsWith('BODY'))).toHaveLength(wanted);
});

test('the past is reached by keys alone', async () => {
  const page = await open();
  await page.keyboard.press('ArrowLeft');
  await page.getByText('Looking back').waitFor();
  const before = await page.locator('#line').inputValue();
  await page.keyboard.press('ArrowLeft');
  expect(Number(await page.locator('#line').inputValue())).toBe(Number(before) - 1);
  await page.getByRole('button', { name: 'Back to live' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('Live', { exact: true }).waitFor();
  await page
    .getByRole('combobox', { name: 'Picture' })
    .selectOption({ label: 'active.running.quorum' });
  expect(await page.locator('figure:visible').count()).toBe(1);
});

test('has landmarks, headings and names for what can be used', async () => {
  const page = await open();
  const spoken = await page.locator('body').ariaSnapshot();
  for (const part of [
    /- banner:/,
    /- main:/,
    /- contentinfo:/,
    /navigation "Time line"/,
    /region "Now"/,
    /region "Chart"/,
    /region "Cluster"/,
    /heading "e2d a" \[level=1\]/,
    /heading "Active states" \[level=3\]/,
    /slider "Time line"/,
    /combobox "Picture"/,
    /img "The chart\. Active: .*active\.running\.etcd\.up\.healthy/,
    /list "Active states"/,
    /rowheader "b"/,
    /columnheader "Health"/,
  ]) {
    expect(spoken).toMatch(part);
  }
  const levels = await page
    .locator('h1, h2, h3')
    .evaluateAll((ones) => ones.map(({ tagName }) => Number(tagName.slice(1))));
  expect(levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)).toEqual([]);
  const nameless = await page.locator('button, select, input').evaluateAll((ones) =>
    ones
      .filter((one) => {
        const { labels } = one as unknown as { labels?: { length: number } };
        const named = one.getAttribute('aria-label') ?? one.textContent?.trim() ?? '';
        return named === '' && (labels?.length ?? 0) === 0;
      })
      .map((one) => one.outerHTML),
  );
  expect(nameless).toEqual([]);
  expect(await page.locator('#announcer').getAttribute('aria-live')).toBe('polite');
  expect(await page.getAttribute('html', 'lang')).toBe('en');
});

test.each(['light', 'dark'] as const)('can be read in %s colours', async (colorScheme) => {
  const page = await open({ colorScheme });
  await page.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished))');
  expect(await findContrastProblems(page)).toEqual([]);
  const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
  expect(background).toBe(colorScheme === 'light' ? 'rgb(245, 246, 248)' : 'rgb(14, 17, 22)');
});

test('moves nothing for those who want no motion', async () => {
  const page = await open({ reducedMotion: 'reduce' });
  nodeAt(0).loseQuorum();
  await page.locator('.edge.taken').first().waitFor({ state: 'attached' });
  expect(await page.evaluate('document.getAnimations().length')).toBe(0);
});

test.each([320, 360, 768])('fits a window %i wide', async (width) => {
  const page = await open({ viewport: { width, height: 740 } });
  const widest = await page.evaluate('document.documentElement.scrollWidth');
  expect(widest).toBeLessThanOrEqual(width);
  expect(await page.locator('g.node.active').first().isVisible()).toBe(true);
});

test('draws the active state in its colour', async () => {
  const page = await open();
  const box = page.locator('figure[data-picture="node.overview"] g.node.active');
  // Colours fade in: the end of it is what counts.
  const drawn = (await box.screenshot({ animations: 'disabled' })).toString('base64');
  const share = await page.evaluate(`(async () => {
    const bytes = Uint8Array.from(atob('${drawn}'), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes]));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    canvas.drawImage(bitmap, 0, 0);
    const { data } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
    let yellow = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at] > 230 && data[at + 1] > 200 && data[at + 2] < 120) yellow += 4;
    }
    return yellow / data.length;
  })()`);
  expect(share).toBeGreaterThan(0.5);
});
