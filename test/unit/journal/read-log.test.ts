import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { E2dError } from '../../../src/errors/e2d-error.ts';
import { type LogNote, type ReadOptions, readLog } from '../../../src/journal/read-log.ts';
import { collect, Recording, temporaryFolder } from './recording.ts';

/** A short log as text: a header, four entries, and one repeat. */
async function recorded(): Promise<string> {
  const recording = new Recording(await temporaryFolder()).begin();
  return `${(await recording.lines()).join('\n')}\n`;
}

async function* pieces(bytes: Uint8Array, size = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function read(text: string | Uint8Array, options: ReadOptions & { readonly size?: number } = {}) {
  const bytes = pieces(typeof text === 'string' ? Buffer.from(text) : text, options.size);
  return collect(readLog({ name: 'x.jsonl', bytes }, options));
}

async function problemOf(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(
    () => 'no error',
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof E2dError)) throw error;
  expect(error.exit).toBe(2);
  expect(error.remedy).toMatch(/\.$/);
  return `${error.code}: ${error.message}`;
}

describe('a log reads the same', () => {
  test.each([1, 7, 100_000])('in pieces of %i bytes, packed or not', async (size) => {
    const text = await recorded();
    const lines = await read(text);
    expect(lines).toHaveLength(6);
    expect(await read(text, { size })).toEqual(lines);
    expect(await read(gzipSync(text), { size })).toEqual(lines);
  });

  test('without its last line break, or with those of Windows', async () => {
    const text = await recorded();
    const notes: LogNote[] = [];
    const onNote = (note: LogNote) => notes.push(note);
    expect(await read(text.trimEnd(), { onNote })).toEqual(await read(text));
    expect(await read(`\uFEFF${text.replaceAll('\n', '\r\n')}`, { onNote })).toEqual(
      await read(text),
    );
    expect(notes).toEqual([]);
  });

  test('from a file that was compressed since it was listed', async () => {
    const folder = await temporaryFolder();
    const text = await recorded();
    await writeFile(join(folder, 'x.jsonl.gz'), gzipSync(text));
    expect(await collect(readLog(join(folder, 'x.jsonl')))).toEqual(await read(text));
  });
});

test('wherever a log is cut off, all whole lines of it are read', async () => {
  const text = await recorded();
  const whole = await read(text);
  const headerEnd = text.indexOf('\n');
  for (let length = headerEnd + 1; length < text.length; length += 13) {
    const notes: LogNote[] = [];
    const cut = text.slice(0, length);
    const lines = await read(cut, { onNote: (note) => notes.push(note) });
    const count = cut.split('\n').length - 1;
    const isTorn = !cut.endsWith('\n') && lines.length === count;
    expect(lines).toEqual(whole.slice(0, lines.length));
    expect(lines.length - count).toBeLessThanOrEqual(1);
    expect(notes.map(({ sentence }) => sentence)).toEqual(
      isTorn ? [`x.jsonl ends in the middle of line ${count + 1}, which is left out.`] : [],
    );
  }
});

describe('what is no event log is said to be none:', () => {
  const notOurs = 'E2D_LOG_FOREIGN: x.jsonl is no event log of e2d:';
  test.each([
    ['nothing', '', 'it is empty'],
    ['text', 'hello\nworld\n', 'its first line is no JSON'],
    ['bytes', new Uint8Array([0xff, 0xfe, 0, 10]), 'its first line is no UTF-8 text'],
    ['a JSON log', '{"level":"info"}\n', 'its first line does not say "format":"e2d-events"'],
    ['a list', '[1]\n', 'its first line does not say "format":"e2d-events"'],
    ['a word', '"e2d-events"', 'its first line does not say "format":"e2d-events"'],
    ['a trap', '{"problem":"x","kind":"y"}\n', 'its first line does not say "format":"e2d-events"'],
    ['a blob', 'x'.repeat(2_000), 'its first line is longer than 1000 bytes'],
    ['packed text', gzipSync('hello\n'), 'its first line is no JSON'],
  ])('%s', async (_, text, problem) => {
    expect(await problemOf(read(text, { maxLineBytes: 1_000 }))).toBe(`${notOurs} ${problem}.`);
  });
});

describe('what an event log must not hold is named by its line:', () => {
  const replaced = (line: number, text: string) => async () => {
    const lines = (await recorded()).split('\n');
    lines[line - 1] = text;
    return lines.join('\n');
  };
  const event = '"event":{"type":"x"},"state":"s","contextHash":"h"';
  test.each([
    ['other text', replaced(3, 'oops'), 'line 3 is no JSON'],
    ['an empty line', replaced(3, ''), 'line 3 is no JSON'],
    ['a number', replaced(3, '7'), 'line 3 is no JSON object'],
    ['another object', replaced(3, '{"a":1}'), 'line 3 is wrong at seq: Invalid input'],
    [
      'an entry without effects',
      replaced(3, `{"seq":2,"atMs":0,"actor":"node",${event}}`),
      'line 3 is wrong at effects: Invalid input',
    ],
    [
      'a time before all time',
      replaced(3, '{"seq":2,"atMs":-1,"again":1}'),
      'line 3 is wrong at atMs: Too small',
    ],
    [
      'a repeat of nothing',
      replaced(3, '{"seq":2,"atMs":1,"again":99}'),
      'line 3 repeats entry 99, which is gone',
    ],
    ['a second header', async () => (await recorded()).repeat(2), 'line 7 begins another segment'],
    [
      'a header of ours that lacks a part',
      async () => '{"format":"e2d-events","version":1}\n',
      'its first line is wrong at run',
    ],
    ['a line that is too long', replaced(3, ' '.repeat(5_000)), 'line 3 is longer than 4000 bytes'],
  ])('%s', async (_, make, problem) => {
    const said = await problemOf(read(await make(), { maxLineBytes: 4_000 }));
    expect(said).toContain(`E2D_LOG_DAMAGED: The event log x.jsonl is damaged: ${problem}`);
  });
});

test('a format that is not known is named, with what to do', async () => {
  const said = await problemOf(read('{"format":"e2d-events","version":2,"new":true}\n'));
  expect(said).toBe(
    'E2D_LOG_VERSION: x.jsonl is an event log, but its format version is 2, and this e2d reads version 1.',
  );
});

describe('what cannot be read is said to be unreadable:', () => {
  test.each([
    ['nowhere.jsonl', 'there is no such file'],
    ['.', 'it is a directory'],
    ['x.jsonl/y', 'a part of its path is no directory'],
  ])('%s', async (name, reason) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'x.jsonl'), 'x');
    const said = await problemOf(collect(readLog(join(folder, name))));
    expect(said).toContain('E2D_LOG_UNREADABLE: The event log ');
    expect(said).toContain(`cannot be read: ${reason}`);
  });

  test('a compressed file that was cut off', async () => {
    const packed = gzipSync(await recorded());
    const said = await problemOf(read(packed.subarray(0, packed.length - 20)));
    expect(said).toContain('cannot be read: it is a damaged gzip file (unexpected end of file).');
  });
});

describe('no bytes whatever', () => {
  const reads = async (bytes: Uint8Array) => {
    try {
      await read(bytes, { maxLineBytes: 1_000_000 });
    } catch (error) {
      expect(error).toBeInstanceOf(E2dError);
    }
  };

  test('make the reader fail otherwise than with a sentence', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), reads), { numRuns: 500 });
  });

  test('put into a log do, nor into a compressed one', async () => {
    const text = Buffer.from(await recorded());
    const change = fc.tuple(fc.nat(text.length - 1), fc.uint8Array({ maxLength: 8 }), fc.boolean());
    const property = fc.asyncProperty(fc.array(change, { maxLength: 4 }), async (changes) => {
      let bytes: Uint8Array = Buffer.from(text);
      for (const [at, with_] of changes)
        bytes = Buffer.concat([bytes.subarray(0, at), with_, bytes.subarray(at + 1)]);
      await reads(bytes);
      const packed = Buffer.from(gzipSync(text));
      for (const [at, [byte = 0]] of changes) packed[at % packed.length] = byte;
      await reads(packed);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  test('that are JSON objects do, each after a header', async () => {
    const header = (await recorded()).split('\n')[0] ?? '';
    const line = fc.record(
      {
        seq: fc.anything(),
        atMs: fc.oneof(fc.nat(), fc.anything()),
        again: fc.oneof(fc.nat(), fc.anything()),
        event: fc.oneof(fc.constant({ type: 'x', atMs: 1 }), fc.anything()),
        effects: fc.oneof(fc.constant([]), fc.anything()),
      },
      { requiredKeys: [] },
    );
    const property = fc.asyncProperty(fc.array(line, { maxLength: 5 }), async (lines) => {
      const text = lines.map((value) =>
        JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? 1 : inner)),
      );
      await reads(Buffer.from([header, ...text, ''].join('\n')));
    });
    await fc.assert(property, { numRuns: 300 });
  });
});
