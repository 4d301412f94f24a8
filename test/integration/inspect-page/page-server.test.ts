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

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function get(url: string, options: { method?: string; headers?: Record<string, string> } = {}) {
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
    const { url, told } = await start();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(told()).toContain('Ctrl-C');
    const port = new URL(url).port;
    await expect(get(`http://127.0.0.2:${port}/`)).rejects.toThrow('ECONNREFUSED');
  });

  test('serves the page, its chart and its pictures, and lets them load nothing else', async () => {
    const { url } = await start();
    const page = await get(url);
    expect(page.status).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers['access-control-allow-origin']).toBeUndefined();
    const links = [...page.body.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) expect((await get(url + String(link).slice(1))).status).toBe(200);
    const chart = JSON.parse((await get(`${url}chart.json`)).body);
    expect(chart.chart.root.states.length).toBeGreaterThan(2);
    for (const { file } of chart.pictures) {
      const picture = await get(url + file);
      expect(picture.headers['content-type']).toContain('image/svg+xml');
      expect(picture.body).toContain('data-state=');
    }
  });

  test('refuses names that are not its own, writing, and paths that it does not have', async () => {
    const { url } = await start();
    const { host, port } = new URL(url);
    const status = async (headers: Record<string, string>) => (await get(url, { headers })).status;
    expect(await status({ Host: 'evil.example' })).toBe(403);
    expect(await status({ Host: `evil.example:${port}` })).toBe(403);
    expect(await status({ Host: '127.0.0.1' })).toBe(403);
    expect(await status({ Host: host })).toBe(200);
    expect(await status({ Host: `localhost:${port}` })).toBe(200);
    expect((await get(url, { method: 'POST' })).status).toBe(405);
    for (const path of ['nothing', '../package.json', '%2e%2e/package.json', 'page-server.ts']) {
      expect((await get(url + path)).status).toBe(404);
    }
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
    const served = await serve(silent);
    const ended = new Promise<string>((resolve, reject) => {
      request(`${served.url}live`, (response) => {
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
