import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { E2dError, textOf } from '../errors/e2d-error.ts';
import { Door } from './door.ts';
import { type AskReport, followReports } from './live-reports.ts';
import type { PageFile } from './page-files.ts';

const host = '127.0.0.1';
const pollMs = 250;

/** The page may load what comes from here, run no code of others, and be framed by nobody. */
const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

export interface PageServerOptions {
  /** By path; `/` is the page itself. */
  readonly files: ReadonlyMap<string, PageFile>;
  readonly ask: AskReport;
  /** 0 lets the system choose one. */
  readonly port: number;
}

export interface PageServer {
  /** Where the page is. */
  readonly url: string;
  /** What lets a browser in, once: whoever has it sees the page, and nobody else. */
  readonly entrance: string;
  /** Ends every connection at once. */
  close(): Promise<void>;
}

/**
 * Serves the page and what it is fed with on 127.0.0.1, to the one browser that came by its
 * entrance: every user of this machine can connect. Throws `E2D_PORT_TAKEN`, or `E2D_PAGE_SERVER`
 * where it cannot listen for another reason.
 */
export async function startPageServer(options: PageServerOptions): Promise<PageServer> {
  const ending = new AbortController();
  let names: readonly string[] = [];
  let door: Door | null = null;
  const server = createServer((request, response) => {
    if (!isAllowed(request, response, names)) return;
    if (door?.letIn(request, response) === true) {
      answer(request, response, options, ending.signal);
    }
  });
  const port = await listen(server, options.port);
  names = [`${host}:${port}`, `localhost:${port}`];
  door = new Door(port, (response, sentence) => refuse(response, 403, sentence), headers);
  const url = `http://${host}:${port}/`;
  return {
    url,
    entrance: url + door.entrance.slice(1),
    async close() {
      ending.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    throw cannotListen(port, cause);
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function cannotListen(port: number, cause: unknown): E2dError {
  const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
  return isTaken
    ? new E2dError(`Port ${port} of ${host} is taken by another program.`, {
        code: 'E2D_PORT_TAKEN',
        remedy: 'Name a free one with --port, or leave --port out to be given one.',
        cause,
      })
    : new E2dError(`The page cannot be served at ${host}:${port}: ${textOf(cause)}.`, {
        code: 'E2D_PAGE_SERVER',
        remedy: 'Leave --port out to be given a port that can be used.',
        cause,
      });
}

/** A page of another site that has its name resolved to this machine still says its own name. */
function isAllowed(
  request: IncomingMessage,
  response: ServerResponse,
  names: readonly string[],
): boolean {
  if (!names.includes(request.headers.host?.toLowerCase() ?? '')) {
    refuse(response, 403, 'Open this page under the address that e2d has printed.');
    return false;
  }
  if (request.method !== 'GET') {
    refuse(response, 405, 'This page is for looking only.', { Allow: 'GET' });
    return false;
  }
  return true;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { files, ask }: PageServerOptions,
  ending: AbortSignal,
): void {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (path === '/live') {
    void stream(response, ask, ending);
    return;
  }
  const file = files.get(path);
  if (file === undefined) {
    refuse(response, 404, 'There is nothing here.');
  } else {
    response.writeHead(200, { ...headers, 'Content-Type': file.type });
    response.end(file.body);
  }
}

function refuse(
  response: ServerResponse,
  status: number,
  sentence: string,
  more: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...headers, ...more, 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${sentence}\n`);
}

/** One server-sent event for each piece of news, for as long as somebody listens. */
async function stream(
  response: ServerResponse,
  ask: AskReport,
  ending: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream; charset=utf-8' });
  response.write('retry: 1000\n\n');
  const signal = AbortSignal.any([gone.signal, ending]);
  for await (const news of followReports({ ask, pollMs, signal })) {
    if (signal.aborted) break;
    const ready = response.write(`event: ${news.kind}\ndata: ${JSON.stringify(news)}\n\n`);
    if (!ready) await once(response, 'drain', { signal }).catch(() => undefined);
  }
  response.end();
}
