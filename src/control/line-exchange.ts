import type { Socket } from 'node:net';

/** What one connection may cost. */
export interface ExchangeLimits {
  readonly requestBytes: number;
  /** Without a byte in either direction. */
  readonly idleMs: number;
  /** From its first moment to the last byte of the answer. */
  readonly wholeMs: number;
}

export const exchangeLimits: ExchangeLimits = {
  requestBytes: 64 * 1024,
  idleMs: 10_000,
  wholeMs: 30_000,
};

/** Reads one line, writes one line of JSON, and hangs up; or hangs up on what exceeds a limit. */
export function answerOne(
  socket: Socket,
  answer: (line: string) => Promise<object>,
  { requestBytes, idleMs, wholeMs }: ExchangeLimits = exchangeLimits,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const end = setTimeout(() => socket.destroy(), wholeMs);
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on('close', () => clearTimeout(end));
  // A client that goes away in the middle concerns nobody but itself.
  socket.on('error', () => socket.destroy());
  socket.on('data', take);

  function take(chunk: Buffer): void {
    const newline = chunk.indexOf(0x0a);
    chunks.push(newline < 0 ? chunk : chunk.subarray(0, newline));
    size += newline < 0 ? chunk.length : newline;
    if (size > requestBytes) {
      socket.destroy();
    } else if (newline >= 0) {
      socket.off('data', take);
      // What still comes is read and dropped: bytes left unread would cut the answer off.
      socket.resume();
      void reply(Buffer.concat(chunks).toString('utf8'));
    }
  }

  async function reply(line: string): Promise<void> {
    const text = JSON.stringify(await answer(line));
    if (!socket.destroyed) socket.end(`${text}\n`);
  }
}
