import { expect, test } from 'vitest';
import { createEndpointPool } from '../../../../src/etcd/client/endpoint-pool.ts';
import { scriptedEndpoint } from '../scripted-endpoint.ts';

function watchedPool() {
  const closed: string[] = [];
  const pool = createEndpointPool({}, (url) =>
    scriptedEndpoint(url, { close: () => closed.push(url) }),
  );
  return { pool, closed };
}

test('a client URL is opened once', () => {
  const { pool } = watchedPool();
  expect(pool.at('http://a:1')).toBe(pool.at('http://a:1'));
  expect(pool.at('http://a:1')).not.toBe(pool.at('http://b:1'));
});

test('what is not kept is closed, and opened anew at the next need', () => {
  const { pool, closed } = watchedPool();
  const [a, b] = [pool.at('http://a:1'), pool.at('http://b:1')];
  pool.keepOnly(['http://a:1']);
  expect(closed).toEqual(['http://b:1']);
  expect(pool.at('http://a:1')).toBe(a);
  expect(pool.at('http://b:1')).not.toBe(b);
});

test('closing the pool closes every endpoint', () => {
  const { pool, closed } = watchedPool();
  pool.at('http://a:1');
  pool.at('http://b:1');
  pool.close();
  expect(closed).toEqual(['http://a:1', 'http://b:1']);
});
