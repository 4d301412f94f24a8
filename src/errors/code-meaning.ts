import type { ExitCode } from './e2d-error.ts';

/** What an error code stands for, wherever it is thrown. */
export interface CodeMeaning {
  readonly exit: ExitCode;
  /** What has happened, without the values that the error itself tells. */
  readonly sentence: string;
  /** What can be done about it; the error itself may know better. */
  readonly remedy: string;
}
