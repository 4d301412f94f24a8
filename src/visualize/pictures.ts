import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { E2dError } from '../errors/e2d-error.ts';

/**
 * Reads a picture that e2d was delivered with: SVG text, by a name such as `node` (the poster) or
 * `node.overview`, see `pictureName`. Nothing is drawn at run time.
 * @throws E2dError `E2D_NO_PICTURE` when there is none of that name.
 */
export async function readPicture(name: string): Promise<string> {
  const file = join(picturesFolder(), `${name}.svg`);
  if (!/^\w[\w.-]*$/.test(name)) {
    throw noPicture(name, file);
  }
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw noPicture(name, file, cause);
  }
}

/** Lies beside e2d's own package.json, which is above the sources and above the build alike. */
function picturesFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) {
    folder = dirname(folder);
  }
  return join(folder, 'visualizations');
}

function noPicture(name: string, file: string, cause?: unknown): E2dError {
  return new E2dError(`There is no picture "${name}" in this e2d: ${file} cannot be read.`, {
    code: 'E2D_NO_PICTURE',
    remedy: 'Install e2d anew, or use --format mermaid, which needs no picture.',
    cause,
  });
}
