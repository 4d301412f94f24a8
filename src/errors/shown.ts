const steering = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const steeringButLineBreaks = /(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu;
/** The escape itself is told by its class: a pattern is not to hold control characters. */
const steeringButOwn = /(\p{Cc}\[[\d;]*[mK]|[\n\r\t])|[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** What a name from elsewhere is, at most: short, and without control characters. */
export const namePattern = /^\P{Cc}{0,256}$/u;

/** A text from elsewhere as part of a line: nothing in it steers a terminal, or begins a line. */
export function harmless(text: string): string {
  return text.replace(steering, '?');
}

/** Lines for a terminal that is not to be steered by any name or sentence in them. */
export function harmlessLines(text: string): string {
  return text.replace(steeringButLineBreaks, '?');
}

/** All that goes to a terminal: colours, and a line that is written anew, are e2d's own. */
export function harmlessOutput(text: string): string {
  return text.replace(steeringButOwn, (_, own?: string) => own ?? '?');
}

/** A text from elsewhere, cut off where it is longer than a sentence bears. */
export function shortened(text: string, mostCharacters: number): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)}…`;
}
