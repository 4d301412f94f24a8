import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { textOf } from '../../src/errors/e2d-error.ts';
import prepareRealTools from '../support/prepare-real-tools.ts';
import { type KeptSegment, playStory } from '../support/record-stage.ts';
import { scripts } from '../support/record-stories.ts';
import { recordingsFolder, storyFolder } from './read-story.ts';
import { readmeText } from './readme.ts';
import { type StoryName, storyNames } from './stories.ts';

/** Plays stories, three at a time, and replaces their recordings. */
async function record(names: readonly StoryName[]): Promise<void> {
  process.env['TMPDIR'] = '/tmp';
  const folder = mkdtempSync('/tmp/e2d-record-');
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(1));
  await prepareRealTools();
  hidePaths(folder);
  const waiting = [...names];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      await recordStory(name);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
}

/** A story that cannot be played to its end keeps its old recordings. */
async function recordStory(name: StoryName): Promise<void> {
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  try {
    write(name, await playStory(scripts[name]));
    process.stderr.write(`${name}: recorded in ${seconds()}\n`);
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${name}: FAILED after ${seconds()}\n${textOf(error)}\n`);
  }
}

/** A log names the folders of its node: these are of no particular machine. */
function hidePaths(folder: string): void {
  const etcd = join(folder, 'etcd');
  symlinkSync(process.env['E2D_ETCD_BIN_DIR'] ?? '', etcd);
  process.env['E2D_ETCD_BIN_DIR'] = etcd;
  process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
}

/** The old recordings give way only to whole new ones. */
function write(name: StoryName, segments: readonly KeptSegment[]): void {
  const folder = storyFolder(name);
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const runs = new Map<string, number>();
  for (const { node, bytes } of segments) {
    const number = (runs.get(node) ?? 0) + 1;
    runs.set(node, number);
    writeFileSync(join(fresh, `${node}${number === 1 ? '' : `-${number}`}.jsonl.gz`), bytes);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

function storiesAsked(args: readonly string[]): readonly StoryName[] {
  const unknown = args.filter((arg) => !storyNames.some((name) => name === arg));
  if (unknown.length > 0) {
    throw new Error(`no such story: ${unknown.join(', ')}; there are ${storyNames.join(', ')}`);
  }
  return args.length === 0 ? storyNames : storyNames.filter((name) => args.includes(name));
}

// `--index` alone writes README.md anew; otherwise stories are named, or all are played.
const args = process.argv.slice(2);
if (args[0] !== '--index') await record(storiesAsked(args));
writeFileSync(join(recordingsFolder, 'README.md'), await readmeText());
