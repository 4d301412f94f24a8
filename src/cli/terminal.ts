import { harmlessOutput } from '../errors/shown.ts';

/** Where a command writes: answers to `out`, everything else to `err`. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly errIsTerminal: boolean;
}

/**
 * This process's own streams. Node writes to files, pipes and terminals synchronously on Linux, so
 * nothing is pending when the process ends by itself. A reader that went away (`e2d ... | head`) is
 * no failure, and neither is a terminal that was closed. Whatever is told, none of it steers a
 * terminal; files and programs are given it as it is.
 */
export function processTerminal({ stdout, stderr }: Streams = process): Terminal {
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!isReaderGone(error)) throw error;
    });
  }
  return {
    out: writerTo(stdout),
    err: writerTo(stderr),
    errIsTerminal: stderr.isTTY === true,
  };
}

type Stream = NodeJS.WritableStream & { readonly isTTY?: boolean };

interface Streams {
  readonly stdout: Stream;
  readonly stderr: Stream;
}

function writerTo(stream: Stream): (text: string) => void {
  return (text) => void stream.write(stream.isTTY === true ? harmlessOutput(text) : text);
}

/** A pipe says it with EPIPE, a terminal with EIO. */
function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'EIO';
}
