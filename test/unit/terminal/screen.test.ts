import { describe, expect, test } from 'vitest';
import { Screen } from '../../../src/terminal/screen.ts';

const csi = '\u001b[';

function opened() {
  const written: string[] = [];
  const screen = new Screen({ write: (text) => written.push(text) });
  screen.open();
  return { screen, written, last: () => written.at(-1) ?? '' };
}

describe('the screen', () => {
  test('writes only the lines that changed', () => {
    const { screen, last } = opened();
    screen.draw('one\ntwo\nthree');
    screen.draw('one\n2\nthree');
    expect(last()).toContain(`${csi}2;1H${csi}2K2`);
    expect(last()).not.toContain('one');
    expect(last()).not.toContain('three');
  });

  test('writes nothing where nothing changed', () => {
    const { screen, written } = opened();
    screen.draw('one\ntwo');
    const before = written.length;
    screen.draw('one\ntwo');
    expect(written).toHaveLength(before);
  });

  test('draws all of it again once the terminal has another size', () => {
    const { screen, last } = opened();
    screen.draw('one\ntwo');
    screen.clear();
    screen.draw('one\ntwo');
    expect(last()).toContain('one');
    expect(last()).toContain('two');
  });

  test('gives the terminal back once: cursor, wrapping and what was on it', () => {
    const { screen, written, last } = opened();
    expect(written[0]).toContain(`${csi}?1049h`);
    screen.close();
    for (const back of ['?25h', '?7h', '?1049l']) expect(last()).toContain(`${csi}${back}`);
    const before = written.length;
    screen.close();
    screen.draw('late');
    screen.clear();
    expect(written).toHaveLength(before);
  });

  test('writes nothing to a terminal that went away', () => {
    const { screen, written } = opened();
    const before = written.length;
    screen.abandon();
    screen.draw('late');
    screen.close();
    expect(written).toHaveLength(before);
  });
});
