import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { serveInspection } from '../../../src/cli/commands/inspect-web.ts';
import type { AskReport } from '../../../src/inspect-page/live-reports.ts';
import { provideChromium } from '../../support/chromium.ts';

/** A browser for all tests of a file. */
export async function launchBrowser(): Promise<Browser | { readonly reason: string }> {
  const provided = provideChromium();
  if ('reason' in provided) return provided;
  return chromium.launch({
    executablePath: provided.path,
    // Root has no sandbox in containers, whose shared memory is small too.
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage'],
  });
}

/** `e2d inspect --web` in this process. */
export interface Served {
  /** Where the page is, for a browser that came in. */
  readonly url: string;
  /** What lets one in, once. */
  readonly entrance: string;
  readonly told: () => string;
  /** As Ctrl-C does. Gives the exit code. */
  end(): Promise<number>;
}

export async function serve(ask: AskReport, port = 0): Promise<Served> {
  const interrupted = new AbortController();
  let told = '';
  let exit: Promise<number> = Promise.resolve(-1);
  const entrance = await new Promise<string>((resolve, reject) => {
    const out = (text: string) => {
      told += text;
      resolve(text.trim());
    };
    const err = (text: string) => {
      told += text;
    };
    const terminal = { out, err, errIsTerminal: false };
    exit = serveInspection({ ask, port, terminal, signal: interrupted.signal });
    exit.catch(reject);
  });
  return {
    url: `${new URL(entrance).origin}/`,
    entrance,
    told: () => told,
    end: () => {
      interrupted.abort();
      return exit;
    },
  };
}

/** A page, and everything that must not have happened in it. */
export interface Opened {
  readonly page: Page;
  /** Messages on the console, errors, and requests to elsewhere. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export async function openPage(
  browser: Browser,
  { url, entrance }: Pick<Served, 'url' | 'entrance'>,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`request to ${request.url()}`);
  });
  await page.goto(entrance);
  return { page, complaints, close: () => context.close() };
}

/** The text of an element as it is laid out. */
export async function readText(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).allInnerTexts()).join('\n');
}
