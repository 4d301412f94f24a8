/** A line of a file, without its line break. Only the last one of a file may be unterminated. */
export interface RawLine {
  /** From 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly isTerminated: boolean;
}

/** @throws LineTooLong */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<readonly RawLine[]> {
  let number = 1;
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    const lines: RawLine[] = [];
    let begin = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, begin)) {
      const tail = chunk.subarray(begin, end);
      if (restBytes + tail.length > maxLineBytes) throw new LineTooLong(number, maxLineBytes);
      const bytes = restBytes === 0 ? tail : Buffer.concat([...rest, tail]);
      lines.push({ number, bytes, isTerminated: true });
      number += 1;
      begin = end + 1;
      rest = [];
      restBytes = 0;
    }
    rest.push(chunk.subarray(begin));
    restBytes += chunk.length - begin;
    if (restBytes > maxLineBytes) throw new LineTooLong(number, maxLineBytes);
    yield lines;
  }
  if (restBytes > 0) yield [{ number, bytes: Buffer.concat(rest), isTerminated: false }];
}

export class LineTooLong extends Error {
  readonly line: number;

  constructor(line: number, maxLineBytes: number) {
    super(`is longer than ${maxLineBytes} bytes`);
    this.line = line;
  }
}
