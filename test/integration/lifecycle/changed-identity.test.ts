import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from '../../support/cluster.ts';
import { runE2d, type TestNode } from '../../support/test-node.ts';

describe('a node that is started otherwise than its data dir knows it', () => {
  let cluster: TestCluster;
  let node: TestNode;

  beforeAll(async () => {
    cluster = new TestCluster({ size: 1 });
    node = cluster.node(0);
    await cluster.startHealthy();
    await node.isSettled();
    await node.stop();
  });

  afterAll(() => cluster.destroy());

  test.each([
    ['another name', ['--name', 'stranger'], /--name .* but was started with stranger/],
    [
      'another peer address',
      ['--peer-addr', '127.0.0.1:23456'],
      /--peer-addr .*127\.0\.0\.1:23456/,
    ],
    ['another size', ['-n', '3', '--bootstrap-addrs', '127.0.0.1'], /-n 1, but was started with 3/],
  ])('%s is refused with a sentence that says which', async (_, flags, sentence) => {
    const { code, stderr } = await runE2d(
      'run',
      ...['--data-dir', node.dataDir, '--host', node.host, '--log-format', 'json'],
      ...flags,
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
    expect(node.etcdPids).toEqual([]);
  });

  test('another client address is taken', async () => {
    node.start('--client-addr', `${node.host}:22379`);
    await node.isSettled();
    const { members } = await node.report();
    expect(members[0]).toMatchObject({ clientUrl: `http://${node.host}:22379`, health: 'healthy' });
  });
});
