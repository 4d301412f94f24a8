/** How a process ends because of an error: 2 for bad usage, 1 for every other failure. */
export type ExitCode = 1 | 2;

export interface E2dErrorOptions {
  /** Stable and upper-case, e.g. `E2D_BAD_CONFIG`; people and tests match on it. */
  readonly code: string;
  /** What the reader can do about it, as a sentence. */
  readonly remedy?: string;
  readonly exit?: ExitCode;
  readonly cause?: unknown;
}

/** An expected failure. `message` is one clear sentence that says what is wrong, with the value. */
export class E2dError extends Error {
  override readonly name = 'E2dError';
  readonly code: string;
  readonly remedy: string | undefined;
  readonly exit: ExitCode;

  constructor(message: string, options: E2dErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.remedy = options.remedy;
    this.exit = options.exit ?? 1;
  }
}

/** The text of anything thrown, for a sentence; never a stack. */
export function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
