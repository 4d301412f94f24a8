import type { StateValue } from 'xstate';

/**
 * A description of a type's values, complete by construction: a field left out does not compile.
 */
export type Shape<T> = [T] extends [string]
  ? 'text'
  : [T] extends [number]
    ? 'number'
    : [T] extends [boolean]
      ? 'boolean'
      : [StateValue] extends [T]
        ? 'state'
        : null extends T
          ? [Scalar] extends [T]
            ? 'scalar'
            : { readonly maybe: Shape<NonNullable<T>> }
          : T extends readonly (infer E)[]
            ? { readonly listOf: Shape<E> }
            : string extends keyof T
              ? { readonly mapOf: Shape<T[keyof T]> }
              : { readonly fields: { readonly [K in keyof T]: Shape<T[K]> } };

/** What a fact can be: all of these at once, where a field is never text alone. */
type Scalar = string | number | boolean | null;

export type AnyShape =
  | 'text'
  | 'number'
  | 'boolean'
  | 'scalar'
  /** A state's name, or a map of names to such values. */
  | 'state'
  | { readonly maybe: AnyShape }
  | { readonly listOf: AnyShape }
  | { readonly mapOf: AnyShape }
  | { readonly fields: Readonly<Record<string, AnyShape>> };

export const maybeText = { maybe: 'text' } as const;
export const maybeNumber = { maybe: 'number' } as const;

/** Whether a value is of a shape. It may have more fields than are known here. */
export function fits(value: unknown, shape: AnyShape): boolean {
  try {
    return fitsAll(value, shape);
  } catch (error) {
    // It nests deeper than anything that e2d sends.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function fitsAll(value: unknown, shape: AnyShape): boolean {
  if (shape === 'text') return typeof value === 'string';
  if (shape === 'number' || shape === 'boolean') return typeof value === shape;
  if (shape === 'scalar') {
    return value === null || ['string', 'number', 'boolean'].includes(typeof value);
  }
  if (shape === 'state') return typeof value === 'string' || fitsAll(value, { mapOf: 'state' });
  if ('maybe' in shape) return value === null || fitsAll(value, shape.maybe);
  if ('listOf' in shape) {
    return Array.isArray(value) && value.every((element) => fitsAll(element, shape.listOf));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  if ('mapOf' in shape) return [...fields.values()].every((one) => fitsAll(one, shape.mapOf));
  return Object.entries(shape.fields).every(([name, field]) => fitsAll(fields.get(name), field));
}
