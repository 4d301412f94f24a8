/** Writes `visualizations/` anew from the registry of charts: run it with `npm run visualize`. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { charts } from '../../machines/index.ts';
import { generateFiles } from './files.ts';

const folder = new URL('../../visualizations/', import.meta.url);

const files = await generateFiles(charts);
await mkdir(folder, { recursive: true });
const stale = (await readdir(folder)).filter((name) => !files.has(name));
await Promise.all(stale.map((name) => rm(new URL(name, folder))));
await Promise.all([...files].map(([name, text]) => writeFile(new URL(name, folder), text)));
process.stdout.write(`visualizations/: ${files.size} files written, ${stale.length} removed\n`);
