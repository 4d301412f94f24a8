import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a path of the page is answered with. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/** The page's own files by the path they are served under. They are few and small. */
export async function readPageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const folder = pageFolder();
  const names = (await readdir(folder)).filter((name) => types[extname(name)] !== undefined);
  const files = await Promise.all(
    names.map(async (name): Promise<[string, PageFile]> => {
      const body = await readFile(join(folder, name), 'utf8');
      return [`/${name === 'index.html' ? '' : name}`, { type: types[extname(name)] ?? '', body }];
    }),
  );
  return new Map(files);
}

/** Compiled code lies in `dist/`, and the page's files stay where they were written. */
function pageFolder(): string {
  const path = join('src', 'inspect-page', 'page');
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, path)) && folder !== dirname(folder)) folder = dirname(folder);
  return join(folder, path);
}
