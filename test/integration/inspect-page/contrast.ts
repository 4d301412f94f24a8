import type { Page } from 'playwright-core';

/**
 * Texts that stand out too little from what is behind them: less than 4.5 to 1, or 3 to 1 where
 * they are large (WCAG 2.2, AA). What cannot be used at the moment is excused.
 */
export async function findContrastProblems(page: Page): Promise<readonly string[]> {
  return (await page.evaluate(`(${inPage})()`)) as readonly string[];
}

const inPage = `() => {
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (one) => {
    for (let at = one; at !== null; at = at.parentElement) {
      const box = at.matches('g') ? at.querySelector(':scope > path') : null;
      const style = getComputedStyle(box ?? at);
      const color = box === null ? style.backgroundColor : style.fill;
      if (color.startsWith('rgb') && parse(color).a === 1 && !(box && at.matches('.edge'))) {
        return parse(color);
      }
    }
    return { r: 255, g: 255, b: 255 };
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const problems = new Set();
  for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
    const one = text.parentElement;
    if (text.data.trim() === '' || one.closest('title, script, option, .for-ears, :disabled')) continue;
    if (!one.checkVisibility()) continue;
    const style = getComputedStyle(one);
    const isDrawn = one.matches('text');
    const [a, b] = [light(parse(isDrawn ? style.fill : style.color)), light(behind(one))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) {
      problems.add(ratio.toFixed(2) + ' ' + (one.closest('[class]')?.getAttribute('class') ?? '') + ': ' + text.data.trim());
    }
  }
  return [...problems];
}`;
