import { randomBytes } from 'node:crypto';
import { Etcd3 } from 'etcd3';
import {
  type EtcdCluster,
  emptyEtcdCluster,
  healthy,
  initialClusterOf,
} from '../test/support/etcd-launcher.ts';

const megabyte = 1024 * 1024;

/** Runs one etcd whose database is about so large, while it is used. */
export async function withDatabase<T>(
  megabytes: number,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const cluster: EtcdCluster = await emptyEtcdCluster();
  try {
    const member = await cluster.addBlank();
    const flags = [`--quota-backend-bytes=${4 * 1024 * megabyte}`, '--snapshot-count=200'];
    member.start('new', initialClusterOf(cluster.members), flags);
    await healthy(member);
    await fill(member.clientUrl, megabytes);
    return await use(member.clientUrl);
  } finally {
    await cluster.stop();
  }
}

/** With values that nothing can compress, several at once. */
async function fill(url: string, megabytes: number): Promise<void> {
  const client = new Etcd3({ hosts: url });
  const chance = randomBytes(megabyte);
  let next = 0;
  const writer = async () => {
    for (let key = next++; key < megabytes; key = next++) {
      const value = Buffer.from(chance);
      value.writeUInt32LE(key);
      await client.put(`/fill/${key}`).value(value);
    }
  };
  await Promise.all(Array.from({ length: 8 }, writer));
  client.close();
}
