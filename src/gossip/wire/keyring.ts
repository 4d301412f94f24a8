import { createSecretKey, type KeyObject } from 'node:crypto';

const KEY_BYTES = new Set([16, 24, 32]);

/**
 * The pool's encryption keys (AES-128, -192 or -256), the primary one first. What we send is
 * encrypted with the primary key; what we receive may use any. To rotate without a gap: add the
 * new key on every node, then use it on every node, then remove the old one.
 */
export class Keyring {
  #keys: readonly KeyObject[];

  /** @throws RangeError without a key, or for a key that has not 16, 24 or 32 bytes. */
  constructor(keys: readonly Uint8Array[]) {
    if (keys.length === 0) throw new RangeError('a keyring needs at least one key');
    this.#keys = [];
    for (const key of keys) this.add(key);
  }

  get keys(): readonly KeyObject[] {
    return this.#keys;
  }

  get primary(): KeyObject {
    const [primary] = this.#keys;
    if (primary === undefined) throw new Error('a keyring is never empty');
    return primary;
  }

  /** Takes a key for decryption; one that is there already stays where it is. */
  add(bytes: Uint8Array): void {
    const key = keyOf(bytes);
    if (!this.#keys.some((known) => known.equals(key))) this.#keys = [...this.#keys, key];
  }

  /** @throws RangeError when the key has not been added before. */
  use(bytes: Uint8Array): void {
    const key = keyOf(bytes);
    if (!this.#keys.some((known) => known.equals(key))) {
      throw new RangeError('the key to use is not in the keyring');
    }
    this.#keys = [key, ...this.#keys.filter((known) => !known.equals(key))];
  }

  /** @throws RangeError for the primary key. A key that is not there is no error. */
  remove(bytes: Uint8Array): void {
    const key = keyOf(bytes);
    if (this.primary.equals(key)) throw new RangeError('the primary key cannot be removed');
    this.#keys = this.#keys.filter((known) => !known.equals(key));
  }

  /**
   * Takes these keys instead, the first as the primary one; all at once, or not at all.
   * @throws RangeError as the constructor does.
   */
  replace(keys: readonly Uint8Array[]): void {
    this.#keys = new Keyring(keys).keys;
  }
}

function keyOf(bytes: Uint8Array): KeyObject {
  if (KEY_BYTES.has(bytes.length)) return createSecretKey(bytes);
  throw new RangeError(`a gossip key has 16, 24 or 32 bytes, this one has ${bytes.length}`);
}
