/** A value as somebody wrote it, and where: `--name`, `E2D_NAME` or `name in /etc/e2d.yaml`. */
export interface Given {
  /** The option's key in its table. */
  readonly option: string;
  readonly origin: string;
  readonly text: string;
}

/** What is wrong with a configuration, sentence by sentence, and what is only worth a look. */
export interface Findings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Findings while they are being collected. */
export interface OpenFindings {
  readonly problems: string[];
  readonly warnings: string[];
}
