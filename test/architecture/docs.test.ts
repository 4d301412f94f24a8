import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rules } from '../../machines/rules.ts';
import { projectFiles, projectFolder, readFiles, readProjectFile } from './project-files.ts';
import { proseOf } from './text-checks.ts';

const exists = (path: string): boolean => existsSync(join(projectFolder, path));

function findBrokenLinks(path: string, markdown: string): readonly string[] {
  return [...proseOf(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [file = '', anchor] = target.split('#');
      const found = file === '' ? path : join(dirname(path), file);
      return !exists(found) || (anchor !== undefined && !anchorsOf(found).includes(anchor));
    })
    .map((target) => `${path}: ${target}`);
}

/** The anchors that a heading gets where Markdown is shown as a page. */
function anchorsOf(path: string): readonly string[] {
  return (proseOf(readProjectFile(path)).match(/^#+ .+$/gm) ?? []).map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The first words of each line of fenced shell code. */
function commandsOf(markdown: string): readonly (readonly string[])[] {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.trim().split(/\s+/));
}

describe('documents', () => {
  test('link to what exists', () => {
    const broken = readFiles(/\.md$/).flatMap(({ path, text }) => findBrokenLinks(path, text));
    expect(broken).toEqual([]);
  });

  test('run scripts that package.json has', () => {
    const manifest: unknown = JSON.parse(readProjectFile('package.json'));
    const scripts = Object.keys(Object(manifest).scripts ?? {});
    const unknown = readFiles(/\.md$/).flatMap(({ path, text }) =>
      commandsOf(text)
        .filter(
          ([tool, verb, script = '']) =>
            tool === 'npm' && verb === 'run' && !scripts.includes(script),
        )
        .map((words) => `${path}: ${words.join(' ')}`),
    );
    expect(unknown).toEqual([]);
  });

  test('call commands that e2d has', () => {
    const commands = projectFiles()
      .map((path) => /^src\/cli\/commands\/([\w-]+)\.ts$/.exec(path)?.[1])
      .filter((name) => name !== undefined);
    const unknown = readFiles(/^(README|docs\/.*)\.md$/).flatMap(({ path, text }) =>
      commandsOf(text)
        .filter(([tool, verb = '--']) => tool === 'e2d' && !verb.startsWith('-'))
        .filter(
          ([, verb = '']) => !commands.some((name) => name === verb || name.startsWith(`${verb}-`)),
        )
        .map((words) => `${path}: ${words.join(' ')}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe('docs/safety.md', () => {
  const rows = readProjectFile('docs/safety.md')
    .split('\n')
    .filter((line) => /^\| S\d+ \|/.test(line));

  test('restates every rule once, under the id it has in the code', () => {
    expect(rows.map((row) => row.split(' ')[1])).toEqual(Object.keys(rules));
  });

  test('points to code and tests that exist', () => {
    const paths = rows.flatMap((row) =>
      [...row.matchAll(/`((?:src|machines|test)\/[^`]+)`/g)].map(([, path = '']) => path),
    );
    expect(paths.filter((path) => !exists(path))).toEqual([]);
  });
});

describe('each of these checks', () => {
  test('finds a link to nowhere, in a file or to a heading', () => {
    const text = '# T\n[a](nowhere.md) [b](docs/safety.md#no-such-heading) [c](https://etcd.io)\n';
    expect(findBrokenLinks('README.md', text)).toEqual([
      'README.md: nowhere.md',
      'README.md: docs/safety.md#no-such-heading',
    ]);
  });

  test('reads the lines of fenced shell code, joined where they go on', () => {
    expect(commandsOf('```sh\ne2d run \\\n  -n 3\n```\n')[0]).toEqual(['e2d', 'run', '-n', '3']);
  });
});
