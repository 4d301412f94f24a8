import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { E2dError, textOf } from '../errors/e2d-error.ts';
import { keyFromCaKey } from '../snapshots/formats/snapshot-key.ts';

const idLabel = 'e2d gossip key\0';
const keySizes: ReadonlySet<number> = new Set([16, 24, 32]);
/** What cannot be decrypted is tried with each. */
const mostKeys = 8;
const longestFile = 64 * 1024;
const readableByGroup = 0o040;
const openToOthers = 0o027;

/** A key that gossip is encrypted with. Its bytes show neither in JSON nor in a log. */
export class GossipKey {
  /** 16 hexadecimal digits that name the key without telling it. */
  readonly id: string;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
    this.id = createHash('sha256').update(idLabel).update(bytes).digest('hex').slice(0, 16);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }
}

/**
 * The gossip key of nodes that hold the CA's private key; snapshots are encrypted with the same.
 * Rejects with `E2D_TLS_FILE` when the file cannot be read or holds no such key.
 */
export async function gossipKeyOfCa(caKeyFile: string): Promise<GossipKey> {
  try {
    return new GossipKey(keyFromCaKey(await readFile(caKeyFile)).bytes);
  } catch (cause) {
    const why =
      cause instanceof E2dError ? 'it holds no RSA or EC private key in the open' : textOf(cause);
    throw new E2dError(`The CA key ${caKeyFile} cannot be used: ${why}.`, {
      code: 'E2D_TLS_FILE',
      remedy: 'Name the private key (PEM) of the CA, readable by this user and without passphrase.',
      exit: 2,
      cause,
    });
  }
}

export interface GossipKeyFile {
  /** The first is used to send; there is at least one. */
  readonly keys: readonly GossipKey[];
  /** Sentences: what is accepted but deserves a look. */
  readonly warnings: readonly string[];
}

/** Rejects with `E2D_GOSSIP_KEY` for a file that holds anything but keys, or is open to others. */
export async function readGossipKeyFile(path: string): Promise<GossipKeyFile> {
  const { text, mode } = await readPrivate(path);
  const keys = parseGossipKeys(text, path);
  const warnings =
    (mode & readableByGroup) === 0
      ? []
      : [`The gossip key file ${path} can be read by its whole group.`];
  return { keys, warnings };
}

/**
 * The keys of a text: one a line, as base64 or hexadecimal text of 16, 24 or 32 bytes, with `#`
 * before comments. Throws `E2D_GOSSIP_KEY`.
 */
export function parseGossipKeys(text: string, path: string): readonly GossipKey[] {
  const byId = new Map<string, GossipKey>();
  for (const [index, line] of text.split('\n').entries()) {
    const written = line.replace(/#.*$/s, '').trim();
    if (written === '') continue;
    const bytes = decodeKey(written);
    if (bytes === null) {
      throw unusable(
        `Line ${index + 1} of the gossip key file ${path} is neither base64 nor hexadecimal text ` +
          'of 16, 24 or 32 bytes.',
      );
    }
    const key = new GossipKey(bytes);
    byId.set(key.id, byId.get(key.id) ?? key);
  }
  if (byId.size === 0) throw unusable(`The gossip key file ${path} holds no key.`);
  if (byId.size > mostKeys) {
    throw unusable(`The gossip key file ${path} holds ${byId.size} keys; at most 8 are allowed.`);
  }
  return [...byId.values()];
}

/** Hexadecimal text of 16 bytes could be base64 of 24, which is never all digits by chance. */
function decodeKey(text: string): Buffer | null {
  const isHex = /^([0-9a-fA-F]{2})+$/.test(text) && keySizes.has(text.length / 2);
  if (isHex) return Buffer.from(text, 'hex');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  const isWhole = bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  return isWhole && keySizes.has(bytes.length) ? bytes : null;
}

async function readPrivate(path: string): Promise<{ text: string; mode: number }> {
  let found: { readonly text: string; readonly mode: number };
  try {
    const file = await open(path, 'r');
    try {
      const { mode } = await file.stat();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(longestFile + 1));
      found = { text: buffer.toString('latin1', 0, bytesRead), mode };
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unusable(`The gossip key file ${path} cannot be read: ${textOf(cause)}.`, cause);
  }
  if ((found.mode & openToOthers) !== 0) {
    const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
    throw new E2dError(
      `The gossip key file ${path} has mode ${mode}: others can read it, or the group can write it.`,
      {
        code: 'E2D_GOSSIP_KEY',
        exit: 2,
        remedy: 'Give it mode 0600 or 0400; in Kubernetes set defaultMode: 0400 (0440 is taken).',
      },
    );
  }
  if (found.text.length > longestFile) {
    throw unusable(`The gossip key file ${path} is longer than ${longestFile} bytes.`);
  }
  return found;
}

function unusable(message: string, cause?: unknown): E2dError {
  return new E2dError(message, {
    code: 'E2D_GOSSIP_KEY',
    exit: 2,
    remedy:
      'Make one with "e2d gossip-key generate"; docs/gossip-keys.md tells how to change keys.',
    cause,
  });
}
