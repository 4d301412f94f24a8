import { basename } from 'node:path';
import { type RecordedRun, readStory, storyBytes } from './read-story.ts';
import { type StoryName, stories, storyNames } from './stories.ts';

/** The text of `recordings/README.md`, from the recordings beside it. */
export async function readmeText(): Promise<string> {
  const parts = await Promise.all(storyNames.map(storyText));
  return `# Recordings

Event logs of real clusters: e2d and etcd as processes of their own, on addresses of their own, with real disks and real kills. Nothing in them was written by hand. Each folder is a story, each file one run of one node (\`n1-2\` is the second run of \`n1\`). \`npm test\` replays them all, and holds each to its sentence.

\`\`\`sh
npm run record                  # plays all stories again and replaces their recordings
npm run record -- lost-disk     # one of them
\`\`\`

Run it, and commit what it wrote, with every change of what e2d decides. It needs root and \`ip\` of iproute2 for the partitions. To look into one: \`e2d replay --states test/replay/recordings/lost-disk\`.

${parts.join('\n\n')}
`;
}

async function storyText(name: StoryName): Promise<string> {
  const runs = await readStory(name);
  const kilobytes = Math.ceil(storyBytes(name) / 1024);
  const rows = [...runs].sort((a, b) => (runName(a) < runName(b) ? -1 : 1)).map(rowOf);
  return [
    `## ${name}\n`,
    `${stories[name]}\n`,
    `Recorded with ${recordedWith(runs)}; ${kilobytes} KiB.\n`,
    ...rows,
  ].join('\n');
}

function runName({ file }: RecordedRun): string {
  return basename(file, '.jsonl.gz');
}

function rowOf(run: RecordedRun): string {
  const { entries } = run;
  const [first, last] = [entries[0], entries.at(-1)];
  const seconds = ((last?.atMs ?? 0) - (first?.atMs ?? 0)) / 1000;
  return `- \`${runName(run)}\`: ${entries.length} entries in ${seconds.toFixed(1)} s, to \`${last?.state}\``;
}

function recordedWith(runs: readonly RecordedRun[]): string {
  const e2d = distinct(runs.map(({ header }) => header.e2d));
  const etcd = distinct(runs.map(({ steps }) => steps.at(-1)?.snapshot.context.etcdVersion ?? '?'));
  const charts = distinct(runs.map(({ header }) => header.charts['node'] ?? 'unknown'));
  return `e2d ${e2d}, etcd ${etcd} and the chart \`${charts}\``;
}

function distinct(values: readonly string[]): string {
  return [...new Set(values)].join(', ');
}
