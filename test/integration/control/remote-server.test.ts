import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type RemoteControl,
  type RemoteControlOptions,
  serveRemoteControl,
} from '../../../src/control/remote-server.ts';
import type { Asked } from '../../../src/control/requests.ts';
import {
  CertificateAuthority,
  type KeyPair,
  type LeafOptions,
} from '../../support/certificates.ts';
import { waitUntil } from '../../support/wait-until.ts';

const host = '127.0.0.1';
const authority = new CertificateAuthority();
const stranger = new CertificateAuthority('stranger');
const viewer = person('vera', ['e2d:viewers']);
const operator = person('olga', ['e2d:operators']);

let folder: string;
let files: RemoteControlOptions['files'];
let server: RemoteControl | null = null;
const asked: Asked[] = [];
const turnedAway: string[] = [];
const troubles: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2d-remote-'));
  files = {
    caCertFile: join(folder, 'ca.crt'),
    certFile: join(folder, 'server.crt'),
    keyFile: join(folder, 'server.key'),
  };
  await writeFile(files.caCertFile, authority.certificate);
  await writeServer(authority.issue('server', [host]));
});

afterEach(async () => {
  await server?.close();
  server = null;
  for (const list of [asked, turnedAway, troubles]) list.length = 0;
});

afterAll(() => rm(folder, { recursive: true }));

function person(name: string, organizations: readonly string[], more: LeafOptions = {}): KeyPair {
  return authority.issue(name, [], { usages: ['client'], organizations, ...more });
}

/** As whoever renews does: each as a whole. */
async function writeServer({ certificate, key }: KeyPair): Promise<void> {
  for (const [path, text] of [
    [files.certFile, certificate],
    [files.keyFile, key],
  ] as const) {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }
}

async function start(more: Partial<RemoteControlOptions> = {}): Promise<number> {
  server = await serveRemoteControl({
    host,
    port: 0,
    files,
    service: {
      methods: { status: () => 'well', inspect: () => 'all of it', restore: () => 'done' },
      onAsked: (one) => asked.push(one),
    },
    onTurnedAway: (sentence) => turnedAway.push(sentence),
    onTrouble: (sentence) => troubles.push(sentence),
    ...more,
  });
  return server.port;
}

const shown = (pair: KeyPair): ConnectionOptions => ({ cert: pair.certificate, key: pair.key });

function open(port: number, more: ConnectionOptions): TLSSocket {
  return connect({ host, port, ca: authority.certificate, ...more });
}

/** What comes back to a line until the server hangs up; or what goes wrong before. */
function ask(port: number, line: string, more: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = open(port, more);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', (error) => resolve(answer === '' ? error.message : answer));
    socket.on('close', () => resolve(answer));
    socket.on('secureConnect', () => socket.write(line));
  });
}

const askFor = (port: number, method: string, more: ConnectionOptions) =>
  ask(port, `${JSON.stringify({ method })}\n`, more);

describe('remote control', () => {
  test('shows a viewer what there is, and takes no order of one', async () => {
    const port = await start();
    expect(await askFor(port, 'status', shown(viewer))).toBe('{"result":"well"}\n');
    expect(await askFor(port, 'inspect', shown(viewer))).toBe('{"result":"all of it"}\n');
    for (const method of ['restore', 'anything', 'toString']) {
      const { error } = JSON.parse(await askFor(port, method, shown(viewer)));
      expect(error.message).toBe(`"${method}" takes the role of an operator, and vera is a viewer`);
      expect(error.remedy).toContain('e2d:operators');
      expect(error.code).toBe('E2D_CONTROL_DENIED');
    }
    expect(
      asked.map(({ method, isOrder, refusal }) => [method, isOrder, refusal === null]),
    ).toEqual([
      ['status', false, true],
      ['inspect', false, true],
      ['restore', true, false],
      ['anything', true, false],
      ['toString', true, false],
    ]);
  });

  test('takes orders of an operator, and tells who it was', async () => {
    const port = await start();
    expect(await askFor(port, 'status', shown(operator))).toBe('{"result":"well"}\n');
    expect(await askFor(port, 'restore', shown(operator))).toBe('{"result":"done"}\n');
    expect(await askFor(port, 'anything', shown(operator))).toContain('knows no method');
    expect(asked[1]).toMatchObject({
      caller: { kind: 'remote', name: 'olga', role: 'operator', address: host },
      method: 'restore',
      isOrder: true,
      refusal: null,
    });
    const both = person('otto', ['somebody', 'e2d:viewers', 'e2d:operators']);
    expect(await askFor(port, 'restore', shown(both))).toBe('{"result":"done"}\n');
  });

  test.each([
    ['no organization', []],
    ['another organization', ['e2d']],
    ['one that only looks alike', ['e2d:operators ', 'E2D:OPERATORS', 'e2d:operator']],
    ['a role in the name', ['CN=e2d:operators', 'x\nO=e2d:operators']],
  ])('gives no role to %s', async (_, organizations) => {
    const port = await start();
    const nobody = person('O=e2d:operators\nnobody', organizations);
    const { error } = JSON.parse(await askFor(port, 'status', shown(nobody)));
    expect(error.message).toContain('gives no role');
    expect(error.message).not.toContain('\n');
    expect(error.remedy).toMatch(/e2d:viewers .*e2d:operators/);
    expect(asked).toEqual([]);
  });

  test.each([
    ['no certificate', {}, /no client certificate was shown/],
    ['one of another authority', shown(foreign()), /is not accepted \(/],
    ['one that has run out', shown(expired()), /is not accepted \(CERT_HAS_EXPIRED\)/],
    ['one for servers', shown(serverOnly()), /is not accepted \(/],
  ])('serves nobody who shows %s', async (_, more: ConnectionOptions, sentence) => {
    const port = await start();
    const answer = await askFor(port, 'status', more);
    expect(JSON.parse(answer).error.message).toMatch(sentence);
    expect(asked).toEqual([]);
    expect(turnedAway.join()).toMatch(sentence);
  });

  test('speaks TLS 1.2 and later, and nothing before it', async () => {
    const port = await start();
    const only = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
      askFor(port, 'status', {
        ...shown(viewer),
        ...{ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' },
      });
    expect(await only('TLSv1.3')).toContain('well');
    expect(await only('TLSv1.2')).toContain('well');
    expect(await only('TLSv1.1')).not.toContain('well');
    expect(turnedAway).toHaveLength(1);
  });

  test('tells in one line of a client that speaks something else', async () => {
    const port = await start();
    const socket = createConnection({ host, port }).on('error', () => undefined);
    socket.end('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => socket.resume().on('close', resolve));
    await waitUntil(() => turnedAway.length > 0, { what: 'it is told', withinMs: 5_000 });
    expect(turnedAway[0]).toMatch(/^No TLS with 127\.0\.0\.1: .*http request.*\.$/);
  });

  test('has every connection show its certificate anew', async () => {
    const port = await start();
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const sessions: Buffer[] = [];
      const first = open(port, { ...shown(viewer), maxVersion });
      first.on('session', (session: Buffer) => sessions.push(session));
      first.on('secureConnect', () => first.write('{"method":"status"}\n'));
      await new Promise((resolve) => first.resume().on('close', resolve));
      for (const session of sessions) {
        expect(await askFor(port, 'status', { session, maxVersion })).not.toContain('well');
      }
    }
    expect(asked).toHaveLength(2);
  });

  test('takes up a certificate that was replaced, and keeps the former one for a bad one', async () => {
    const port = await start({ lookEveryMs: 20 });
    const serialOf = () =>
      new Promise<string>((resolve) => {
        const socket = open(port, shown(viewer));
        socket.on('secureConnect', () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        });
      });
    const before = await serialOf();
    await writeServer(authority.issue('server', [host]));
    const renewed = await waitUntil(
      async () => {
        const serial = await serialOf();
        return serial === before ? null : serial;
      },
      { what: 'another certificate is shown', withinMs: 10_000 },
    );
    await writeFile(files.certFile, 'no certificate');
    // Between the two files of a pair it may have told that they do not fit together yet.
    const told = () =>
      troubles.some((one) => /keeps its former certificate: .*server\.crt .*no cert/.test(one));
    await waitUntil(told, { what: 'the trouble is told', withinMs: 10_000 });
    expect(await serialOf()).toBe(renewed);
    expect(await askFor(port, 'status', shown(viewer))).toContain('well');
    await writeServer(authority.issue('server', [host]));
  });

  test('hangs up on too much, on too little, and on too many', async () => {
    const port = await start({
      limits: { handshakeMs: 200, idleMs: 200, wholeMs: 400, connectionsPerAddress: 3 },
    });
    expect(await ask(port, 'x'.repeat(100_000), shown(operator))).not.toContain('result');
    expect(await ask(port, '{"method":', shown(operator))).toBe('');
    const plain = () => createConnection({ host, port });
    const ended = (socket: { on(event: 'close', done: () => void): unknown }) =>
      new Promise<void>((resolve) => socket.on('close', resolve));
    const silent = plain().on('error', () => undefined);
    await ended(silent.resume());
    const drip = open(port, shown(operator)).on('error', () => undefined);
    const drops = setInterval(() => drip.write(' '), 50);
    await ended(drip.resume());
    clearInterval(drops);
    const held = Array.from({ length: 3 }, () =>
      plain()
        .on('error', () => undefined)
        .resume(),
    );
    await Promise.all(held.map((socket) => new Promise((done) => socket.on('connect', done))));
    expect(await askFor(port, 'status', shown(viewer))).not.toContain('well');
    for (const socket of held) socket.destroy();
    await waitUntil(async () => (await askFor(port, 'status', shown(viewer))).includes('well'), {
      what: 'there is room again',
      withinMs: 10_000,
    });
  });

  test('says so where it cannot be served, or has no files to be served with', async () => {
    const port = await start();
    const more = {
      ...{ host, port, service: { methods: {} } },
      ...{ onTurnedAway: () => undefined, onTrouble: () => undefined },
    };
    await expect(serveRemoteControl({ ...more, files })).rejects.toMatchObject({
      code: 'E2D_CONTROL_ADDR',
      message: expect.stringContaining(`${host}:${port}`),
    });
    const empty = join(folder, 'empty.crt');
    await writeFile(empty, '');
    for (const wrong of [
      { caCertFile: empty },
      { caCertFile: join(folder, 'missing') },
      { keyFile: files.certFile },
      { certFile: files.caCertFile },
    ]) {
      const serving = serveRemoteControl({ ...more, port: 0, files: { ...files, ...wrong } });
      await expect(serving).rejects.toMatchObject({ code: 'E2D_TLS_FILE' });
    }
  });
});

function foreign(): KeyPair {
  const organizations = ['e2d:operators'];
  return stranger.issue('sly', [], { usages: ['client'], organizations });
}

function expired(): KeyPair {
  return person('late', ['e2d:operators'], { from: new Date(0), to: new Date(1_000_000) });
}

function serverOnly(): KeyPair {
  return person('server', ['e2d:operators'], { usages: ['server'] });
}
