import { mkdtempSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compress } from '../../../src/gossip/wire/compression.ts';
import { addCrc } from '../../../src/gossip/wire/crc.ts';
import { encrypt } from '../../../src/gossip/wire/encryption.ts';
import { Keyring } from '../../../src/gossip/wire/keyring.ts';
import { decodePacket } from '../../../src/gossip/wire/packet-decode.ts';
import { StreamDecoder } from '../../../src/gossip/wire/stream-decode.ts';
import { decodeAnnouncement, encodeAnnouncement } from '../../../src/node/announcement-codec.ts';
import { parseGossipKeys, readGossipKeyFile } from '../../../src/node/gossip-key.ts';
import type { SeededRandom } from '../../../src/simulation/seeded-random.ts';
import { peer } from '../../support/builders.ts';
import { GossipPool, POOL_PORT, type PoolNode } from '../../support/gossip-pool.ts';
import type { Target } from '../fuzz.ts';

const file = new URL('../../fixtures/memberlist/vectors.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Record<
  'messages' | 'label_and_stream_encryption' | 'captures',
  readonly { readonly hex: string }[]
>;
const captures = [
  ...vectors.messages,
  ...vectors.label_and_stream_encryption,
  ...vectors.captures,
].map(({ hex }) => Buffer.from(hex, 'hex'));
const keyring = new Keyring([Buffer.alloc(32, 7)]);
/**
 * msgpack's maps, arrays, strings and numbers of claimed sizes, and names of memberlist's fields.
 */
const words = [
  ...['df', 'dd', 'db', 'c6', 'cf', 'd3', 'cb', 'de', 'dc', 'da'].map((tag) =>
    Buffer.from(`${tag}ffffffff`, 'hex'),
  ),
  ...['Nodes', 'UserStateLen', 'Name', 'Addr', 'Port', 'Meta', 'Vsn', 'Buf', 'Algo'].map((name) =>
    Buffer.from([0xa0 + name.length, ...Buffer.from(name)]),
  ),
];

/** Behind layers that verify, so that it reaches what lies within. */
function wrapped(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  let body = bytes;
  for (let left = random.pick([0, 0, 1, 2]); left > 0; left -= 1) {
    body = random.chance(0.5) ? addCrc(body) : compress(body);
  }
  if (!random.chance(0.3)) return body;
  return encrypt(body, { keyring, aad: new Uint8Array(), version: random.chance(0.5) ? 0 : 1 });
}

const manners = [{}, { keyring }, { keyring, acceptPlaintext: true }, { label: 'lbl' }] as const;

function internal(problems: readonly { readonly code: string; readonly detail: string }[]): void {
  const found = problems.find(({ code }) => code === 'internal');
  if (found !== undefined) throw new Error(`a decoder failed: ${found.detail}`);
  if (problems.some(({ detail }) => detail.length > 2_000)) throw new Error('a problem is long');
}

const packets: Target = {
  name: 'gossip packets',
  corpus: captures,
  words,
  feed(input, random) {
    const packet = wrapped(input, random);
    const before = Buffer.from(packet);
    const { problems, messages } = decodePacket(packet, random.pick(manners));
    internal(problems);
    if (messages.length > 1024) throw new Error(`${messages.length} messages of one packet`);
    if (!before.equals(packet)) throw new Error('the packet was written to');
  },
};

const streams: Target = {
  name: 'gossip streams',
  corpus: captures,
  words,
  feed(input, random) {
    const bytes = wrapped(input, random);
    const role = random.chance(0.5) ? 'dialler' : 'acceptor';
    const decoder = new StreamDecoder({ role, ...random.pick(manners) });
    const cut = random.integer(0, bytes.length);
    decoder.push(bytes.subarray(0, cut));
    decoder.push(bytes.subarray(cut));
    const result = decoder.end();
    if (result.kind === 'problem') internal([result.problem]);
    if (result.kind === 'message') internal(result.problems);
  },
};

/** A pool of two that goes on living with what it hears; each input as a packet and as a stream. */
class Pair {
  readonly #pool = new GossipPool(1);
  #node: PoolNode | null = null;

  async hear(input: Uint8Array, random: SeededRandom): Promise<void> {
    this.#node ??= (await this.#pool.form(2))[0] ?? null;
    const node = this.#node;
    if (node === null) throw new Error('no pool');
    const from = { addr: '10.0.0.2', port: POOL_PORT };
    const packet = random.chance(0.3) ? addCrc(input) : input;
    this.#pool.network.inject(from, { addr: node.addr, port: POOL_PORT }, packet);
    await this.#pool.clock.run(50);
    const { size } = node.gossip.view().members;
    if (size > 10_000) throw new Error(`${size} members`);
    for (const list of [
      node.events,
      node.problems,
      node.userMessages,
      this.#pool.network.packets,
    ]) {
      list.length = 0;
    }
  }

  stop(): Promise<void> {
    return this.#pool.stop();
  }
}

function livingNode(): Target {
  let pair = new Pair();
  return {
    name: 'gossip node',
    corpus: captures,
    words,
    feed: (input, random) => pair.hear(input, random),
    async close() {
      await pair.stop();
      pair = new Pair();
    },
  };
}

const { liveness: _, ...announced } = peer('a', {
  status: 'running',
  data: 'readable',
  clusterId: '549adaf1535ccb6',
  lineage: '95499ed930b1fb54.0-af3742096594f58d',
  unreachable: ['d674adfb371f33a7'],
});
const proposal = {
  nonce: '0123456789abcdef.12',
  nodeIds: ['a', 'b', 'c'],
  snapshot: { id: 's', sha256: '0123456789abcdef'.repeat(4), revision: 7, replaces: 'x' },
};
const plan = { id: '0123456789abcdef.12-fedcba9876543210', stage: 'committed', proposal } as const;
const announcements = [announced, { ...announced, plan }].map((one) => encodeAnnouncement(one));

const announcement: Target = {
  name: 'announcements',
  corpus: announcements.filter((one) => one !== null),
  syntax: 'json',
  feed(input) {
    const decoded = decodeAnnouncement(input);
    if (decoded === null) throw refused;
    if (/\p{Cc}/u.test(JSON.stringify(decoded).replace(/\\u00[01]\w|\\[nrtbf]/g, '\u0000'))) {
      throw new Error('control characters were taken for a name');
    }
  },
  expected: (error) => error === refused,
};
const refused = new Error('refused');

const secrets = [Buffer.alloc(32, 0x5a), Buffer.alloc(16, 0xa5)];

function keyFiles(): Target {
  let folder: string | null = null;
  const [long = '', short = ''] = secrets.map((key) => key.toString('base64'));
  const hex = secrets.map((key) => key.toString('hex'));
  return {
    name: 'gossip key files',
    corpus: [`# ours\n${long}\n${hex[1]}\n`, short, ...hex, `${long} # old\r\n${short}\r\n`],
    words: ['#', '\n', '=', '\r\n', long, Buffer.from('feff', 'hex')],
    // Whatever is left of them in a line that is no key.
    secrets: [long.slice(0, 20), short.slice(0, 20), ...hex.map((one) => one.slice(0, 20))],
    async feed(input, random) {
      folder ??= mkdtempSync(join(tmpdir(), 'e2d-fuzz-'));
      const path = join(folder, 'key');
      await writeFile(path, input, { mode: 0o600 });
      const { keys } = random.chance(0.5)
        ? await readGossipKeyFile(path)
        : { keys: parseGossipKeys(Buffer.from(input).toString('latin1'), path) };
      if (keys.length < 1 || keys.length > 8) throw new Error(`${keys.length} keys`);
      const odd = keys.find(({ bytes }) => ![16, 24, 32].includes(bytes.length));
      if (odd !== undefined) throw new Error(`a key of ${odd.bytes.length} bytes`);
      new Keyring(keys.map(({ bytes }) => bytes));
    },
    async close() {
      if (folder !== null) await rm(folder, { recursive: true, force: true });
      folder = null;
    },
  };
}

export const gossipTargets: readonly Target[] = [
  ...[packets, streams, livingNode(), announcement, keyFiles()],
];
