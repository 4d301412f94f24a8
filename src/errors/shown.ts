const steering = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const steeringButLineBreaks = /(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A text from elsewhere as part of a line: nothing in it steers a terminal, or begins a line. */
export function harmless(text: string): string {
  return text.replace(steering, '?');
}

/** Lines for a terminal that is not to be steered by any name or sentence in them. */
export function harmlessLines(text: string): string {
  return text.replace(steeringButLineBreaks, '?');
}

/** A text from elsewhere, cut off where it is longer than a sentence bears. */
export function shortened(text: string, mostCharacters: number): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)}…`;
}
