import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry, Header } from '../../src/journal/entry.ts';
import { openLogs } from '../../src/journal/open-logs.ts';
import type { Divergence } from '../../src/journal/replay/divergence.ts';
import type { Folded } from '../../src/journal/replay/run-fold.ts';
import { RunReplay } from '../../src/journal/replay/run-replay.ts';
import type { StoryName } from './stories.ts';

export const recordingsFolder = join(import.meta.dirname, 'recordings');

/** One run of one node's e2d, read and replayed. */
export interface RecordedRun {
  readonly node: string;
  readonly file: string;
  readonly header: Header;
  readonly entries: readonly Entry[];
  /** The chart at each entry; shorter than the entries where the replay diverged. */
  readonly steps: readonly Folded[];
  readonly divergence: Divergence | null;
}

export function storyFolder(name: StoryName): string {
  return join(recordingsFolder, name);
}

export function storyFiles(name: StoryName): readonly string[] {
  const folder = storyFolder(name);
  return readdirSync(folder)
    .sort()
    .map((file) => join(folder, file));
}

/** What a story's files take up, as they are. */
export function storyBytes(name: StoryName): number {
  return storyFiles(name).reduce((sum, file) => sum + readFileSync(file).byteLength, 0);
}

/** All runs of a story, in the order in which they began. */
export async function readStory(name: StoryName): Promise<readonly RecordedRun[]> {
  const runs = await openLogs([storyFolder(name)]);
  return Promise.all(
    runs.map(async ({ header, segments, lines }) => {
      const [segment, ...more] = segments;
      if (segment === undefined || more.length > 0) throw new Error(`${name}: not one segment`);
      const entries: Entry[] = [];
      for await (const line of lines()) if ('seq' in line) entries.push(line);
      return {
        node: header.node ?? '',
        file: segment.file,
        header,
        entries,
        ...fold(header, entries),
      };
    }),
  );
}

function fold(
  header: Header,
  entries: readonly Entry[],
): Pick<RecordedRun, 'steps' | 'divergence'> {
  const replay = new RunReplay();
  const steps = entries.flatMap((entry) => replay.take(header, entry, { compare: true }) ?? []);
  return { steps, divergence: replay.divergence };
}
