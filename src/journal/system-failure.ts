import { textOf } from '../errors/e2d-error.ts';

const sentences: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk does not work as it should (EIO)',
  EISDIR: 'it is a directory',
  EMFILE: 'too many files are open',
  ENOENT: 'there is no such file',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'a part of its path is no directory',
  EPERM: 'it is not permitted',
  EROFS: 'the file system is read-only',
};

/** What the operating system refused, and about which file, as the end of a sentence. */
export function systemFailure(thrown: unknown): string {
  const code = field(thrown, 'code');
  const known = code === undefined ? undefined : sentences[code];
  if (known === undefined) return textOf(thrown);
  const path = field(thrown, 'path');
  return path === undefined ? known : `${known} (${path})`;
}

function field(thrown: unknown, name: string): string | undefined {
  const value: unknown = thrown instanceof Error ? Reflect.get(thrown, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}
