import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { type Served, serve } from './open-page.ts';

const opened: Served[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.end();
});

const silent = () => Promise.reject(new Error('nobody answers'));

async function start(port = 0): Promise<Served> {
  const served = await serve(silent, port);
  opened.push(served);
  return served;
}

/** A browser that came in by the entrance. */
async function visit(): Promise<Visit> {
  const served = await start();
  const answer = await get(served.entrance);
  expect(answer).toMatchObject({ status: 303, headers: { location: '/' } });
  const [set = ''] = answer.headers['set-cookie'] ?? [];
  expect(set).toMatch(/; HttpOnly; SameSite=Lax; Path=\/$/);
  const Cookie = set.split(';', 1)[0] ?? '';
  return {
    ...served,
    Cookie,
    look: (path, headers = {}) =>
      get(new URL(path, served.url), { headers: { Cookie, ...headers } }),
  };
}

interface Visit extends Served {
  readonly Cookie: string;
  look(path: string, headers?: Record<string, string>): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function get(
  url: string | URL,
  options: { method?: string; headers?: Record<string, string> } = {},
) {
  return new Promise<Answer>((resolve, reject) => {
    request(url, options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    })
      .on('error', reject)
      .end();
  });
}

describe('the server of the page', () => {
  test('prints where it is, on this machine alone', async () => {
    const { entrance, url, told } = await start();
    expect(entrance).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/enter\/[\w-]{32}$/);
    expect(told()).toContain('Ctrl-C');
    const port = new URL(url).port;
    await expect(get(`http://127.0.0.2:${port}/`)).rejects.toThrow('ECONNREFUSED');
  });

  test('serves the page, its chart and its pictures, and lets them load nothing else', async () => {
    const { look } = await visit();
    const page = await look('/');
    expect(page.status).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers['access-control-allow-origin']).toBeUndefined();
    const links = [...page.body.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) expect((await look(String(link))).status).toBe(200);
    const chart = JSON.parse((await look('/chart.json')).body);
    expect(chart.chart.root.states.length).toBeGreaterThan(2);
    for (const { file } of chart.pictures) {
      const picture = await look(`/${file}`);
      expect(picture.headers['content-type']).toContain('image/svg+xml');
      expect(picture.body).toContain('data-state=');
    }
  });

  test('refuses names that are not its own, writing, and paths that it does not have', async () => {
    const { Cookie, look, url } = await visit();
    const { host, port } = new URL(url);
    const status = async (headers: Record<string, string>) => (await look('/', headers)).status;
    expect(await status({ Host: 'evil.example' })).toBe(403);
    expect(await status({ Host: `evil.example:${port}` })).toBe(403);
    expect(await status({ Host: '127.0.0.1' })).toBe(403);
    expect(await status({ Host: host })).toBe(200);
    expect(await status({ Host: `localhost:${port}` })).toBe(200);
    const post = await get(url, { method: 'POST', headers: { Cookie } });
    expect(post.status).toBe(405);
    for (const path of ['nothing', '../package.json', '%2e%2e/package.json', 'page-server.ts']) {
      expect((await look(`/${path}`)).status).toBe(404);
    }
  });

  test('lets in the one browser that came first by the entrance', async () => {
    const { url, entrance } = await start();
    const outside = [
      '',
      'live',
      'chart.json',
      'main.js',
      'enter/',
      'enter/x',
      `enter/${'x'.repeat(32)}`,
    ];
    for (const path of outside) {
      const answer = await get(url + path);
      expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('has printed') });
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    expect((await get(entrance, { headers: { Host: 'evil.example' } })).status).toBe(403);
    const first = await get(entrance);
    expect(first.status).toBe(303);
    const second = await get(entrance);
    expect(second).toMatchObject({ status: 403, body: expect.stringContaining('Another browser') });
    const Cookie = String(first.headers['set-cookie']).split(';', 1)[0] ?? '';
    expect((await get(entrance, { headers: { Cookie } })).status).toBe(303);
    expect((await get(url, { headers: { Cookie } })).status).toBe(200);
    expect((await get(url, { headers: { Cookie: `${Cookie}x` } })).status).toBe(403);
    expect((await get(url, { headers: { Cookie: Cookie.replace(/.$/, '') } })).status).toBe(403);
  });

  test('says so in one sentence when the port is taken', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    await expect(serve(silent, port)).rejects.toMatchObject({
      code: 'E2D_PORT_TAKEN',
      exit: 1,
      message: `Port ${port} of 127.0.0.1 is taken by another program.`,
      remedy: expect.stringContaining('--port'),
    });
  });

  test('tells trouble while nobody answers, and ends at once with streams open', async () => {
    const served = await visit();
    const { Cookie } = served;
    const ended = new Promise<string>((resolve, reject) => {
      request(`${served.url}live`, { headers: { Cookie } }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
          if (body.includes('nobody answers')) void served.end();
        });
        response.on('close', () => resolve(body));
        response.on('error', () => undefined);
      })
        .on('error', reject)
        .end();
    });
    expect(await ended).toMatch(/event: trouble\ndata: .*"message":"nobody answers"/);
    expect(await served.end()).toBe(0);
    await expect(get(served.url)).rejects.toThrow('ECONNREFUSED');
  });
});
