import { createConnection } from 'node:net';
import { type PageServer, startPageServer } from '../../../src/inspect-page/page-server.ts';
import type { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import type { Target } from '../fuzz.ts';

const body = 'what only who was let in may see';
const types = { type: 'text/html; charset=utf-8', body };
const files = new Map([
  ['/', types],
  ['/page.js', types],
]);
const noRequest = new Error('no request');
const head = 'Host: NAME\r\nCookie: a=b; COOKIE\r\n';

/** The server, and what its browser has. */
interface Visited {
  readonly server: PageServer;
  readonly port: number;
  readonly cookie: string;
}

async function visit(): Promise<Visited> {
  const ask = () => Promise.reject(new Error('nobody answers'));
  const server = await startPageServer({ files, ask, port: 0 });
  const port = Number(new URL(server.url).port);
  const name = `127.0.0.1:${port}`;
  const path = new URL(server.entrance).pathname;
  const answer = await exchange(port, Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${name}\r\n\r\n`));
  return { server, port, cookie: /Set-Cookie: ([^;]+)/.exec(answer)?.[1] ?? '' };
}

/** Until the server hangs up, which it does behind whoever has nothing more to say. */
function exchange(port: number, input: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.end(input);
  });
}

/** Several answers may come behind one another. */
function check(answer: string, input: string, { server, cookie }: Visited): void {
  const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => status);
  const odd = statuses.find((status) => !/^(100|200|303|40[0-9]|41[347]|431)$/.test(status ?? ''));
  if (odd !== undefined) throw new Error(`it answers ${odd}`);
  const secrets = [cookie.split('=')[1] ?? '', new URL(server.entrance).pathname];
  const shown = secrets.filter((secret) => input.includes(secret));
  if (shown.length === 0 && /^HTTP\/1\.1 (200|303) /m.test(answer)) {
    throw new Error('somebody was let in');
  }
  if (shown.length === 0 && answer.includes(body)) throw new Error('the page was shown');
  const own = answer.split(/^(?=HTTP\/1\.1 )/m).filter((one) => /\n[^\r]*'none'/.test(one));
  const unguarded = statuses.filter((status) => status === '200').length > own.length;
  if (unguarded) throw new Error('an answer without a policy');
  if (answer.length > 1_000_000) throw new Error(`an answer of ${answer.length} characters`);
}

function requests(): Target {
  let visited: Promise<Visited> | null = null;
  return {
    name: 'inspect page requests',
    corpus: [
      `GET / HTTP/1.1\r\n${head}\r\n`,
      `GET /page.js?x HTTP/1.1\r\n${head}Accept: */*\r\n\r\nGET /../x HTTP/1.0\r\n${head}\r\n`,
      `GET /live HTTP/1.1\r\n${head}Accept: text/event-stream\r\n\r\n`,
      `GET ENTRANCE HTTP/1.1\r\nHost: NAME\r\n\r\n`,
      `POST / HTTP/1.1\r\n${head}Content-Length: 5\r\n\r\nhello`,
      `GET / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    ],
    words: [
      ...['\r\n', '\r\n\r\n', 'Host: localhost\r\n', 'Cookie: ', 'http://NAME', '/live', ' ', '\0'],
      ...['Connection: upgrade\r\nUpgrade: websocket\r\n', 'Expect: 100-continue\r\n', 'CONNECT'],
    ],
    maxMs: 1000,
    expected: (error) => error === noRequest,
    async feed(input, random: SeededRandom) {
      visited ??= visit();
      const now = await visited;
      const { server, port, cookie } = now;
      const known = random.chance(0.7);
      const text = Buffer.from(input)
        .toString('latin1')
        .replaceAll('NAME', `127.0.0.1:${port}`)
        .replaceAll('COOKIE', known ? cookie : `${cookie.slice(0, -1)}_`)
        .replaceAll('ENTRANCE', new URL(server.entrance).pathname);
      const answer = await exchange(port, Buffer.from(text, 'latin1'));
      check(answer, text, now);
      if (answer === '') throw noRequest;
    },
    async close() {
      await (await visited)?.server.close();
      visited = null;
    },
  };
}

export const inspectPageTargets: readonly Target[] = [requests()];
