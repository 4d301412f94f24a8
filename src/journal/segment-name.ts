/** A segment's file name, taken apart. */
export interface SegmentName {
  readonly run: string;
  readonly segment: number;
  readonly isCompressed: boolean;
}

export const compressedSuffix = '.gz';

/** `<UTC stamp of the run's start>-<run>-<segment>.jsonl`: names in order are segments in order. */
export function segmentName(begun: Date, run: string, segment: number): string {
  const stamp = begun.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${stamp}-${run}-${String(segment).padStart(4, '0')}.jsonl`;
}

/** Null for a file that is no segment: it is left alone. */
export function parseSegmentName(name: string): SegmentName | null {
  const match = /^\d{8}T\d{6}Z-(.+)-(\d{4,})\.jsonl(\.gz)?$/.exec(name);
  const [, run, segment, suffix] = match ?? [];
  if (run === undefined) return null;
  return { run, segment: Number(segment), isCompressed: suffix !== undefined };
}
