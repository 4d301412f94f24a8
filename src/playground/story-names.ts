/** What `--script` takes. Apart from the stories, so that reading flags loads none of them. */
export const storyNames = [
  'kill-leader',
  'lost-disk',
  'power-cycle',
  'pause',
  'partition',
] as const;

export type StoryName = (typeof storyNames)[number];

export const scriptNames = ['list', 'all', ...storyNames] as const;

export type ScriptName = (typeof scriptNames)[number];
