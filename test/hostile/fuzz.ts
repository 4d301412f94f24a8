import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { codes } from '../../src/errors/codes.ts';
import { E2dError } from '../../src/errors/e2d-error.ts';
import { SeededRandom } from '../../src/simulation/seeded-random.ts';
import { mutated } from './mutate.ts';
import { mutatedJson } from './mutate-json.ts';

/** A reader of something that comes from outside. */
export interface Target {
  readonly name: string;
  /** Valid inputs. */
  readonly corpus: readonly (string | Uint8Array)[];
  readonly words?: readonly (string | Uint8Array)[];
  /** `json`: half of the inputs keep their syntax, so that what is behind the parser is reached. */
  readonly syntax?: 'json';
  /** Has the input read. What it throws must be `expected`; what it finds wrong it throws, too. */
  feed(input: Uint8Array, random: SeededRandom): unknown;
  /** Errors that readers of this kind throw; an `E2dError` with a listed code unless given. */
  readonly expected?: (error: unknown) => boolean;
  /** May stand in no error. */
  readonly secrets?: readonly string[];
  /** What one input may take; 250 ms unless given. */
  readonly maxMs?: number;
  close?(): unknown;
}

export interface Budget {
  readonly seed: number;
  /** It ends at whichever comes first, but has fed 20 inputs at least. */
  readonly inputs: number;
  readonly durationMs: number;
  /** Only this input of the seed. */
  readonly only?: number;
}

export interface Count {
  readonly name: string;
  readonly inputs: number;
  /** That the reader took. */
  readonly taken: number;
  readonly slowestMs: number;
}

/** What a reader did that none may do, and the input that had it do so. */
export class Broken extends Error {
  constructor(
    target: Target,
    at: { seed: number; index: number; input: Uint8Array },
    why: unknown,
  ) {
    const text = why instanceof Error ? (why.stack ?? why.message) : String(why);
    const bytes = Buffer.from(at.input);
    const shown = bytes.subarray(0, 300).toString('base64');
    super(
      `${target.name}, seed ${at.seed}, input ${at.index} (${bytes.length} bytes): ` +
        `${text.slice(0, 1500)}\n${shown}`,
      { cause: why },
    );
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const leastInputs = 20;
const hangsAfterMs = 10_000;
const mostKeptBytes = 64 * 2 ** 20;
const longestMessage = 32 * 1024;

/** Feeds a target with inputs that follow from the seed alone. @throws Broken */
export async function fuzz(target: Target, budget: Budget): Promise<Count> {
  const stock = { corpus: bytesOf(target.corpus), words: bytesOf(target.words ?? []) };
  const texts = target.syntax === 'json' ? stock.corpus.map((one) => Buffer.from(one)) : [];
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note).on('uncaughtException', note);
  const before = keptBytes();
  const startedMs = performance.now();
  let [inputs, taken, slowestMs] = [0, 0, 0];
  try {
    for (let index = budget.only ?? 0; index < budget.inputs; index += 1) {
      const random = new SeededRandom(mix(budget.seed, index));
      const input =
        texts.length > 0 && random.chance(0.6)
          ? Buffer.from(mutatedJson(random.pick(texts).toString('utf8'), random))
          : mutated(stock, random);
      const broken = (why: unknown) => new Broken(target, { seed: budget.seed, index, input }, why);
      const fed = await feed(target, input, random);
      if (fed.error !== undefined) throw broken(fed.error);
      if (unhandled.length > 0) throw broken(unhandled[0]);
      const polluted = pollution();
      if (polluted !== null) throw broken(polluted);
      if (fed.elapsedMs > (target.maxMs ?? 250)) {
        const again = await fastest(target, input, mix(budget.seed, index));
        if (again > (target.maxMs ?? 250)) throw broken(`it took ${again.toFixed(0)} ms`);
      }
      inputs += 1;
      if (fed.taken) taken += 1;
      slowestMs = Math.max(slowestMs, fed.elapsedMs);
      if (budget.only !== undefined) break;
      const isOver = performance.now() - startedMs > budget.durationMs;
      if (isOver && inputs >= leastInputs) break;
    }
    // A rejection nobody waits for is told a turn later.
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (unhandled.length > 0) throw unhandled[0];
    const kept = keptBytes() - before;
    if (kept > mostKeptBytes) throw new Error(`${target.name} keeps ${kept} bytes`);
  } finally {
    process.off('unhandledRejection', note).off('uncaughtException', note);
    await target.close?.();
  }
  return { name: target.name, inputs, taken, slowestMs };
}

interface Fed {
  readonly taken: boolean;
  readonly error?: unknown;
  readonly elapsedMs: number;
}

async function feed(target: Target, input: Uint8Array, random: SeededRandom): Promise<Fed> {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  let waits = false;
  // Others may have the processor meanwhile: a reader that waits for nothing is not to blame.
  const elapsed = () => {
    const { user, system } = process.cpuUsage(before);
    const passedMs = performance.now() - startedMs;
    return waits ? passedMs : Math.min(passedMs, (user + system) / 1000);
  };
  try {
    const work = target.feed(input, random);
    if (work instanceof Promise) {
      waits = true;
      await unlessItHangs(work);
    }
    return { taken: true, elapsedMs: elapsed() };
  } catch (error) {
    const problem = problemOf(target, error);
    return { taken: false, elapsedMs: elapsed(), ...(problem === null ? {} : { error: problem }) };
  }
}

function problemOf(target: Target, error: unknown): unknown {
  if (!(target.expected ?? isDocumented)(error)) return error;
  const text = error instanceof Error ? error.message : '';
  if (text.length > longestMessage) return `its error is a text of ${text.length} characters`;
  const secret = target.secrets?.find((one) => text.includes(one));
  return secret === undefined ? null : `its error tells a secret: ${text}`;
}

export function isDocumented(error: unknown): boolean {
  return error instanceof E2dError && Object.hasOwn(codes, error.code);
}

async function fastest(target: Target, input: Uint8Array, seed: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 4; attempt += 1) {
    best = Math.min(best, (await feed(target, input, new SeededRandom(seed))).elapsedMs);
  }
  return best;
}

async function unlessItHangs(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), hangsAfterMs);
  });
  await Promise.race([work, hung]).finally(() => clearTimeout(timer));
}

/** What is in use, after all that is not has been given back. */
function keptBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What an input has put into the prototypes that all objects share. */
function pollution(): string | null {
  for (const shared of [Object.prototype, Array.prototype, Function.prototype, String.prototype]) {
    const [key] = Object.keys(shared);
    if (key !== undefined) return `it put ${key} into a prototype`;
  }
  return null;
}

function bytesOf(inputs: readonly (string | Uint8Array)[]): readonly Uint8Array[] {
  return inputs.map((input) => (typeof input === 'string' ? Buffer.from(input) : input));
}

function mix(seed: number, index: number): number {
  return (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
}
