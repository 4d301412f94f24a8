import { expect, test } from 'vitest';
import { type Asked, serveLine } from '../../../src/control/requests.ts';
import { type Caller, nameOf } from '../../../src/control/roles.ts';

const steering = '\u001b]0;title\u0007';
const viewer: Caller = {
  kind: 'remote',
  name: 'vera',
  role: 'viewer',
  address: '127.0.0.1',
  serialNumber: '01',
};

async function ask(line: string, caller: Caller = { kind: 'local' }) {
  const asked: Asked[] = [];
  const methods = {
    status: () => 'well',
    fail: () => Promise.reject(new Error(`${steering}${'x'.repeat(10_000)}`)),
    restore: () => 'done',
  };
  const service = { methods, onAsked: (one: Asked) => asked.push(one) };
  const answer = await serveLine(line, caller, { service, gate: () => null });
  return { answer: JSON.stringify(answer), refusal: asked[0]?.refusal ?? null };
}

const order = { kind: 'goBack', snapshotId: 's', lineage: null };

test.each([
  ['no JSON', 'secret-token {'],
  ['a method that steers a terminal', JSON.stringify({ method: steering })],
  ['a method that is long', JSON.stringify({ method: 'x'.repeat(60_000) })],
  ['a method that fails with a long text', '{"method":"fail"}'],
  [
    'an order of a name that steers a terminal',
    JSON.stringify({ method: 'restore', order: { ...order, snapshotId: steering } }),
  ],
  [
    'an order of a long name',
    JSON.stringify({ method: 'restore', order: { ...order, lineage: 'x'.repeat(60_000) } }),
  ],
])('a request with %s is refused in one short line that tells nothing of it', async (_, line) => {
  for (const caller of [undefined, viewer]) {
    const { answer, refusal } = await ask(line, caller);
    for (const told of [answer, refusal ?? '']) {
      expect(told).not.toBe('');
      expect(told.length).toBeLessThan(700);
      expect(told).not.toMatch(/\p{Cc}|\\u00|secret-token/u);
    }
  }
});

test('what is in order is served', async () => {
  const line = JSON.stringify({ method: 'restore', order });
  expect(await ask(line)).toEqual({ answer: '{"result":"done"}', refusal: null });
});

test('a name in a certificate is one short line', () => {
  const name = nameOf({ subject: { CN: `${steering}\u202e${'x'.repeat(1000)}` } } as never);
  expect(name).toMatch(/^\?]0;title\?\?x+$/);
  expect(name).toHaveLength(100);
});
