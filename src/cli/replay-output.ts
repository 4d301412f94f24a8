const chunkCharacters = 64 * 1024;

/** Lines gathered into writes of a sensible size. */
export function chunked(out: (text: string) => void): {
  readonly add: (line: string) => void;
  readonly end: () => void;
} {
  let waiting = '';
  const end = () => {
    if (waiting !== '') out(waiting);
    waiting = '';
  };
  return {
    add: (line) => {
      waiting += `${line}\n`;
      if (waiting.length >= chunkCharacters) end();
    },
    end,
  };
}
