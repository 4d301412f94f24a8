import type { MsgpackReader } from './msgpack-decode.ts';
import { WireError } from './wire-problem.ts';

/** How one field of a Go struct is read, and what it is when missing or nil. */
export interface Field<T> {
  readonly zero: T;
  read(reader: MsgpackReader): T;
}

/** The fields of a struct in the order Go declares them, which is their order in an array. */
export type Fields<T> = { readonly [Name in keyof T]: Field<T[Name]> };

export const bool: Field<boolean> = { zero: false, read: (reader) => reader.bool() };
export const bytes: Field<Uint8Array | null> = { zero: null, read: (reader) => reader.bytes() };
/** Bytes as a view of the input: for what is used up at once. */
export const view: Field<Uint8Array> = {
  zero: new Uint8Array(),
  read: (reader) => reader.raw(),
};

export const uint8 = uint(0xff);
export const uint16 = uint(0xffff);
export const uint32 = uint(0xffff_ffff);
/** Go's int, where it stands for a length or a count. */
export const count = uint(Number.MAX_SAFE_INTEGER);

export function text(maxBytes: number): Field<string> {
  return { zero: '', read: (reader) => limited(reader.text(), maxBytes) };
}

export function lossyText(maxBytes: number): Field<string> {
  return { zero: '', read: (reader) => limited(reader.lossyText(), maxBytes) };
}

/**
 * Reads a Go struct: a map by exact field name, or an array by position. Unknown fields are
 * skipped, missing ones and nil are zero.
 */
export function readStruct<T extends object>(reader: MsgpackReader, fields: Fields<T>): T {
  reader.startStruct();
  const values = zeroValues(fields);
  if (reader.nil()) return values;
  const content = reader.container();
  if ('pairs' in content) {
    for (let pair = 0; pair < content.pairs; pair += 1) {
      reader.spendValue();
      readField(reader, { fields, values, name: reader.raw().toString('latin1') });
    }
    return values;
  }
  const names = Object.keys(fields);
  for (let item = 0; item < content.items; item += 1) {
    readField(reader, { fields, values, name: names[item] ?? '' });
  }
  return values;
}

function readField<T extends object>(
  reader: MsgpackReader,
  target: { readonly fields: Fields<T>; readonly values: T; readonly name: string },
): void {
  const { fields, values, name } = target;
  if (!isFieldOf(fields, name)) {
    reader.skip();
    return;
  }
  reader.spendValue();
  values[name] = reader.nil() ? fields[name].zero : fields[name].read(reader);
}

function isFieldOf<T extends object>(fields: Fields<T>, name: string): name is keyof T & string {
  return Object.hasOwn(fields, name);
}

function zeroValues<T extends object>(fields: Fields<T>): T {
  const values: Partial<T> = {};
  for (const name of Object.keys(fields)) {
    if (isFieldOf(fields, name)) values[name] = fields[name].zero;
  }
  // Each of T's names is a key of `fields`, so none is missing now.
  return values as T;
}

function uint(max: number): Field<number> {
  return { zero: 0, read: (reader) => reader.uint(max) };
}

function limited(value: string, maxBytes: number): string {
  if (Buffer.byteLength(value) <= maxBytes) return value;
  throw new WireError('too-large', `text is longer than ${maxBytes} bytes`);
}
