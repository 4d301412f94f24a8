/** Something that happened, as a sentence for a person. */
export interface FeedLine {
  /** Since the playground started. */
  readonly atMs: number;
  /** `you`, or the name of the node that decided or saw it. */
  readonly who: string;
  readonly text: string;
}

/** `1:05`, for a person. */
export function clockOf(atMs: number): string {
  const seconds = Math.floor(atMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
