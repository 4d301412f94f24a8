import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { readText } from './open-page.ts';
import { pageOfNodes } from './page-of-nodes.ts';
import { ScriptedNode } from './scripted-node.ts';

const { nodeAt, open, opened } = pageOfNodes(async () => {
  const nodes = [await ScriptedNode.start('a'), await ScriptedNode.start('b')];
  for (const node of nodes) node.prepare().becomeHealthy();
  nodes[1]?.loseQuorum();
  return nodes;
});
beforeEach(async () => {
  await open();
});

interface Dropped {
  readonly name: string;
  readonly content: Buffer;
}

/** What a reader does who drags files from the desktop onto the page. */
async function drop(...files: readonly Dropped[]): Promise<void> {
  const given = files.map(({ name, content }) => ({ name, base64: content.toString('base64') }));
  const dataTransfer = await opened().page.evaluateHandle(`(() => {
    const carried = new DataTransfer();
    for (const { name, base64 } of ${JSON.stringify(given)}) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      carried.items.add(new File([bytes], name));
    }
    return carried;
  })()`);
  await opened().page.dispatchEvent('body', 'dragover', { dataTransfer });
  expect(await opened().page.getByText('Drop recorded logs here').isVisible()).toBe(true);
  await opened().page.dispatchEvent('body', 'drop', { dataTransfer });
}

async function logOf(index: number): Promise<Dropped> {
  return { name: `log${index}.jsonl`, content: await readFile(nodeAt(index).logFile) };
}

const text = (selector: string) => readText(opened().page, selector);

test('a dropped log is gone through, with what the node knew', async () => {
  const { page } = opened();
  await drop(await logOf(1));
  await page.getByText('Recorded log', { exact: true }).waitFor();
  expect(await text('h1')).toBe('e2d b');
  expect(await text('#tree')).toContain('lost');
  expect(await text('#peers')).toMatch(/c\s+alive\s+running/);
  expect(await text('#members')).toMatch(/c\s+learner\s+healthy\s+600/);
  await page.keyboard.press('Home');
  expect(await text('#tree')).toMatch(/preparing/);
  expect(await text('#actors')).toMatch(/prepare\s*S18: /);
  await page.getByRole('button', { name: 'Back to live' }).click();
  await page.getByText('Live', { exact: true }).waitFor();
  expect(await text('h1')).toBe('e2d a');
  expect(opened().complaints).toEqual([]);
});

test('logs of several nodes are one time line, of which one node can be chosen', async () => {
  const { page } = opened();
  const packed = await logOf(0);
  const files = [
    { name: 'a.jsonl.gz', mimeType: 'application/gzip', buffer: gzipSync(packed.content) },
    { name: 'b.jsonl', mimeType: 'text/plain', buffer: (await logOf(1)).content },
  ];
  await page.locator('#files').setInputFiles(files);
  await page.getByText('Recorded log', { exact: true }).waitFor();
  const line = page.getByRole('slider', { name: 'Time line' });
  const all = Number(await line.getAttribute('max'));
  const times = await page
    .locator('#steps time')
    .evaluateAll((ones) => ones.map((one) => one.getAttribute('datetime') ?? ''));
  expect(times).toEqual([...times].sort().reverse());
  expect(await text('#steps')).toMatch(/a · [\s\S]*b · |b · [\s\S]*a · /);
  await page.getByLabel('Node', { exact: true }).selectOption('a');
  expect(Number(await line.getAttribute('max'))).toBeLessThan(all);
  expect(await text('h1')).toBe('e2d a');
});

test.each([
  ['of another tool', 'pod.log', '{"level":"info","msg":"hi"}\n', /not an event log of e2d/],
  ['that are no text', 'x.jsonl', '\u0000\u0001\u0002', /not an event log of e2d/],
  ['that are empty', 'x.jsonl', '', /x\.jsonl is empty/],
  ['of a later version', 'x.jsonl', '{"format":"e2d-events","version":9}\n', /format version 9/],
])('files %s are refused in a sentence', async (_, name, content, sentence) => {
  await drop({ name, content: Buffer.from(content) });
  await opened().page.getByRole('alert').getByText(sentence).waitFor();
  expect(await text('#source')).toBe('Live');
  await opened().page.getByRole('button', { name: 'Dismiss' }).click();
  expect((await text('#problem')).trim()).toBe('');
});

test('a log that is cut off is shown as far as it goes; a damaged one is refused', async () => {
  const { content } = await logOf(0);
  await drop({ name: 'torn.jsonl', content: content.subarray(0, content.length - 20) });
  await opened().page.getByRole('alert').getByText('last line of torn.jsonl is cut off').waitFor();
  expect(await text('#source')).toBe('Recorded log');
  await drop({ name: 'cut.gz', content: gzipSync(content).subarray(0, 300) });
  await opened().page.getByRole('alert').getByText('cut.gz is cut off or damaged').waitFor();
  const lines = content.toString().split('\n');
  const damaged = [...lines.slice(0, 2), 'rubbish', ...lines.slice(2)].join('\n');
  await drop({ name: 'bad.jsonl', content: Buffer.from(damaged) });
  await opened().page.getByRole('alert').getByText('bad.jsonl is damaged: line 3').waitFor();
});
