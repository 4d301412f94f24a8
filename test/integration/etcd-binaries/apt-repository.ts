import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AptSuite } from '../../../src/etcd/binaries/apt-suites.ts';
import { type FakeEtcd, writeFakeEtcd } from './fake-etcd.ts';

/** What a suite offers; `clientVersion` where its etcd-client is of another version. */
export interface FakeSuite extends FakeEtcd {
  readonly suite: string;
  readonly packageVersion: string;
  readonly clientVersion?: string;
}

/** Real packages in a real repository, in a folder; returns its suites in the given order. */
export async function writeRepository(
  folder: string,
  offers: readonly FakeSuite[],
): Promise<AptSuite[]> {
  const arch = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  for (const offer of offers) {
    const index = join(folder, 'dists', offer.suite, 'main', `binary-${arch}`);
    await mkdir(index, { recursive: true });
    const [server, client] = [offer.packageVersion, offer.clientVersion ?? offer.packageVersion];
    const packages = [
      await build(folder, offer, { name: 'etcd-server', version: server, arch }),
      await build(folder, offer, { name: 'etcd-client', version: client, arch }),
    ];
    await writeFile(join(index, 'Packages'), packages.join('\n'));
  }
  return offers.map(({ suite }) => suiteOf(folder, suite));
}

/** A suite of the repository, whether or not it is there. */
export function suiteOf(folder: string, suite: string): AptSuite {
  const line = { uri: `file:${folder}`, suite, component: 'main', trust: { Trusted: 'yes' } };
  return { name: suite, sources: [line] };
}

interface PackageName {
  readonly name: 'etcd-server' | 'etcd-client';
  readonly version: string;
  readonly arch: string;
}

/** Builds a package and returns its paragraph of the index. */
async function build(folder: string, offer: FakeSuite, packaged: PackageName): Promise<string> {
  const { name, version, arch } = packaged;
  const root = join(folder, 'build', offer.suite, name);
  const others = name === 'etcd-server' ? ['etcdctl', 'etcdutl'] : ['etcd'];
  const without = [...others, ...(offer.without ?? [])];
  await writeFakeEtcd(join(root, 'usr', 'bin'), { ...offer, without });
  const control = `Package: ${name}\nVersion: ${version}\nArchitecture: ${arch}\nMaintainer: T <t@e2d.test>\nDescription: fake\n`;
  await mkdir(join(root, 'DEBIAN'));
  await writeFile(join(root, 'DEBIAN', 'control'), control);
  const file = join('pool', `${offer.suite}-${name}.deb`);
  await mkdir(join(folder, 'pool'), { recursive: true });
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', root, join(folder, file)]);
  const bytes = await readFile(join(folder, file));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return `${control}Filename: ${file}\nSize: ${bytes.length}\nSHA256: ${sha256}\n`;
}
