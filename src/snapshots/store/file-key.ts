import { storeError } from './store-error.ts';

/** On the root of a disk, and root's own: it cannot be listed, and is never an object's. */
const FOREIGN = 'lost+found';
/** Of what is being written. Nothing with a dot in front is an object. */
export const TEMPORARY = '.e2d-tmp-';

/**
 * Whether a file's or folder's name can be a part of a key. Not with a dot in front: so are '.',
 * '..', e2d's own temporary files, and what file systems put into folders (`.snapshot`, `.nfs...`).
 */
export function isKeyPart(name: string): boolean {
  return name !== '' && !name.startsWith('.') && name !== FOREIGN && !/[/\0]/.test(name);
}

/** The parts of a key; a key that would lead out of the store, or be hidden in it, is refused. */
export function keyParts(key: string, place: string): readonly string[] {
  const parts = key.split('/');
  if (parts.every(isKeyPart)) return parts;
  throw storeError('failed', {
    place,
    doing: `keep an object as ${JSON.stringify(key)}`,
    detail: 'each part of a key is a file name that does not begin with a dot',
    remedy: 'Give a snapshot id as "e2d snapshot list" shows it.',
  });
}
