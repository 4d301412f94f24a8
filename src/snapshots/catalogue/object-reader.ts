import type { z } from 'zod';
import { E2dError } from '../../errors/e2d-error.ts';
import { shortened } from '../../errors/shown.ts';
import type { Bounds, ObjectStore, StoredObject } from '../store/object-store.ts';

/** A small object that was read, or what is wrong with it, to be put behind its name. */
export type Reading<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: string };

const MAX_BYTES = 1 << 20;

/**
 * Reads small JSON objects that never change, each once. What cannot be known at present (the
 * store does not answer, denies) rejects, and is asked for again the next time.
 */
export class ObjectReader<Value> {
  readonly #objects: ObjectStore;
  readonly #schema: z.ZodType<Value>;
  readonly #known = new Map<string, Reading<Value>>();

  constructor(objects: ObjectStore, schema: z.ZodType<Value>) {
    this.#objects = objects;
    this.#schema = schema;
  }

  async read({ key, sizeBytes }: StoredObject, bounds: Bounds): Promise<Reading<Value>> {
    if (sizeBytes > MAX_BYTES) return tooLarge;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    try {
      const text = await this.#text(key, bounds);
      const reading = text === null ? tooLarge : parse(text, this.#schema);
      this.#known.set(key, reading);
      return reading;
    } catch (error) {
      if (!(error instanceof E2dError && error.code === 'E2D_STORE_MISSING')) throw error;
      return { ok: false, problem: 'went away while it was read' };
    }
  }

  /** Forgets what is no longer in the store. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
  }

  /** Null when there is more of it than the listing said. */
  async #text(key: string, bounds: Bounds): Promise<string | null> {
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of await this.#objects.read(key, bounds)) {
      const bytes = Buffer.from(chunk);
      sizeBytes += bytes.length;
      if (sizeBytes > MAX_BYTES) return null;
      chunks.push(bytes);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}

const tooLarge = { ok: false, problem: `is larger than ${MAX_BYTES} bytes` } as const;

function parse<Value>(text: string, schema: z.ZodType<Value>): Reading<Value> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'is not JSON' };
  }
  const version = versionOf(content);
  const parsed = schema.safeParse(content);
  if (parsed.success) return { ok: true, value: parsed.data };
  if (version !== undefined && version !== 1) {
    // Anything may stand there, as deep as it likes.
    const shown = typeof version === 'number' ? version : 'that is no number';
    return { ok: false, problem: `has version ${shown}, which this e2d does not know` };
  }
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return {
    ok: false,
    problem: `is not what e2d writes (${shortened(issues[0] ?? 'unknown', 300)})`,
  };
}

function versionOf(content: unknown): unknown {
  if (typeof content !== 'object' || content === null) return undefined;
  return 'version' in content ? content.version : undefined;
}
