import { open } from 'node:fs/promises';

const mostBytes = 1024 * 1024;

/** The text of one of e2d's own small files; rejects, unread, what is far too long to be one. */
export async function readSmallFile(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > mostBytes) throw new Error(`it has ${size} bytes, more than ${mostBytes}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
