import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { charts } from '../../machines/index.ts';
import { generateFiles } from '../../src/visualize/files.ts';
import { projectFolder, readProjectFile } from './project-files.ts';

test('the diagrams show the charts as they are: run `npm run visualize` when this fails', async () => {
  const wanted = await generateFiles(charts);
  const present = readdirSync(`${projectFolder}visualizations`);
  const missing = [...wanted.keys()].filter((name) => !present.includes(name));
  const stale = present.filter((name) => !wanted.has(name));
  const different = [...wanted]
    .filter(([name]) => present.includes(name))
    .filter(([name, text]) => readProjectFile(`visualizations/${name}`) !== text)
    .map(([name]) => name);
  expect(
    { missing, stale, different },
    'run `npm run visualize`, and look at what changed',
  ).toEqual({ missing: [], stale: [], different: [] });
});
