import { readFileSync } from 'node:fs';
import { Keyring } from '../../../../src/gossip/wire/keyring.ts';

/** The parts of vectors.json that concern the wire format. See the README beside it. */
export interface Vectors {
  readonly messages: readonly { readonly name: string; readonly hex: string }[];
  readonly encryption: readonly {
    readonly name: string;
    readonly plaintext: string;
    readonly hex: string;
  }[];
  readonly label_and_stream_encryption: readonly { readonly name: string; readonly hex: string }[];
  readonly lzw: readonly { readonly name: string; readonly in: string; readonly out: string }[];
  readonly go_msgpack_v2_differences: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly captures: readonly (PacketCapture | StreamCapture)[];
}

export type Decoded = Readonly<Record<string, unknown>>;

interface PacketCapture {
  readonly capture: CaptureName;
  readonly proto: 'udp';
  readonly hex: string;
  readonly path: readonly string[];
  readonly messages: readonly { readonly type: string; readonly decoded: Decoded }[];
}

interface StreamCapture {
  readonly capture: CaptureName;
  readonly proto: 'tcp';
  readonly dir: 'request' | 'response';
  readonly hex: string;
  readonly path: readonly string[];
  readonly type: string;
  readonly plain: string;
  readonly decoded: {
    readonly val?: Decoded;
    readonly header?: Decoded;
    readonly nodes?: readonly Decoded[];
    readonly userState?: string;
  };
}

type CaptureName = 'plain' | 'nocomp' | 'enc16' | 'enc32';

const file = new URL('../../../fixtures/memberlist/vectors.json', import.meta.url);
export const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

export const packetCaptures = vectors.captures.filter((capture) => capture.proto === 'udp');
export const streamCaptures = vectors.captures.filter((capture) => capture.proto === 'tcp');

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function messageVector(name: string): Uint8Array {
  const vector = vectors.messages.find((candidate) => candidate.name === name);
  if (vector === undefined) throw new Error(`no vector ${name}`);
  return fromHex(vector.hex);
}

/** The keys of the vectors: bytes 0, 1, 2 ... */
export function testKey(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => index);
}

export function testKeyring(...sizes: number[]): Keyring {
  return new Keyring(sizes.map(testKey));
}

export function captureKeyring(name: CaptureName): Keyring | undefined {
  if (name === 'enc16') return testKeyring(16);
  return name === 'enc32' ? testKeyring(32) : undefined;
}
