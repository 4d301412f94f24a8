import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { launchBrowser, type Opened, openPage, type Served, serve } from './open-page.ts';
import type { ScriptedNode } from './scripted-node.ts';

/** What one test has: its nodes, and the page of the first of them once it is opened. */
interface Staged {
  nodes: readonly ScriptedNode[];
  served: Served | null;
  opened: Opened | null;
}

/**
 * Gives every test of a file nodes of its own and serves the page of the first one, to one browser
 * for the whole file. The tests are skipped where no browser can be had.
 */
export function pageOfNodes(start: () => Promise<readonly ScriptedNode[]>) {
  let browser: Browser | null = null;
  let noBrowser = '';
  let staged: Staged = { nodes: [], served: null, opened: null };

  beforeAll(async () => {
    const launched = await launchBrowser();
    if ('reason' in launched) noBrowser = launched.reason;
    else browser = launched;
  });
  afterAll(() => browser?.close());

  beforeEach(async (context) => {
    staged = { nodes: [], served: null, opened: null };
    if (browser === null) return context.skip(noBrowser);
    staged.nodes = await start();
    staged.served = await serve(nodeAt(0).ask);
  });
  afterEach(async () => {
    await staged.opened?.close();
    await staged.served?.end();
    for (const node of staged.nodes) await node.stop();
  });

  function nodeAt(index: number): ScriptedNode {
    const node = staged.nodes[index];
    if (node === undefined) throw new Error(`this test has no node ${index}`);
    return node;
  }
  function opened(): Opened {
    if (staged.opened === null) throw new Error('the page is not open yet');
    return staged.opened;
  }
  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    if (browser === null || staged.served === null) throw new Error('there is no browser');
    staged.opened = await openPage(browser, staged.served, options);
    const { page } = staged.opened;
    await page.getByText('Live', { exact: true }).waitFor();
    return page;
  }
  return { nodeAt, open, opened };
}
