import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Keeps everybody out but the browser that comes first with the secret path that was told to
 * whoever asked for the page. It is then known by a cookie, and the path lets nobody else in:
 * browsers keep what they visited, and programs that open one show it in their arguments.
 */
export class Door {
  /** The path that lets in, once. */
  readonly entrance = `/enter/${randomBytes(24).toString('base64url')}`;
  readonly #session = randomBytes(24).toString('base64url');
  /** Cookies do not tell ports apart. */
  readonly #cookie: string;
  readonly #refuse: (response: ServerResponse, sentence: string) => void;
  readonly #headers: Readonly<Record<string, string>>;
  #isUsed = false;

  constructor(
    port: number,
    refuse: (response: ServerResponse, sentence: string) => void,
    headers: Readonly<Record<string, string>>,
  ) {
    this.#cookie = `e2d-page-${port}`;
    this.#refuse = refuse;
    this.#headers = headers;
  }

  /** Whether the request is to be answered; where it is not, it has been. */
  letIn(request: IncomingMessage, response: ServerResponse): boolean {
    const isKnown = isSame(this.#shown(request), this.#session);
    const path = request.url ?? '/';
    if (isSame(path, this.entrance) && (isKnown || !this.#isUsed)) {
      this.#isUsed = true;
      const cookie = `${this.#cookie}=${this.#session}; HttpOnly; SameSite=Lax; Path=/`;
      response.writeHead(303, { ...this.#headers, Location: '/', 'Set-Cookie': cookie });
      response.end();
      return false;
    }
    if (isKnown) return true;
    this.#refuse(
      response,
      this.#isUsed
        ? 'Another browser has opened this page. Run "e2d inspect --web" again for one of your own.'
        : 'Open this page under the address that e2d has printed.',
    );
    return false;
  }

  #shown({ headers }: IncomingMessage): string {
    const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
    return pairs.find(([name]) => name === this.#cookie)?.[1] ?? '';
  }
}

/** Takes as long wherever the two differ. */
function isSame(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}
