/** The page's own modules, which are plain JavaScript: typed here as far as the tests use them. */

export interface PageStep {
  readonly node: string;
  readonly seq: number;
  readonly wallMs: number;
  readonly from: string;
  readonly to: string;
  readonly times: number;
  readonly summary: string;
  readonly effects: readonly { readonly id: string }[];
  readonly timers: readonly { readonly name: string; readonly delayMs: number }[];
  readonly actors: readonly { readonly id: string }[];
}

interface PageModules {
  readonly 'state-path': {
    activeIds(root: string, line: string): readonly string[];
    leavesOf(ids: readonly string[]): readonly string[];
    commonParent(ids: readonly string[]): string;
  };
  readonly arrows: {
    arrowsTaken(
      arrows: readonly PageArrow[],
      before: readonly string[],
      after: readonly string[],
      event: string,
    ): readonly PageArrow[];
  };
  readonly 'read-log': {
    readLog(
      name: string,
      text: string,
    ): { readonly steps: readonly PageStep[]; readonly note: string | null };
  };
  readonly words: {
    duration(ms: number): string;
    bytes(count: number): string;
    eventName(event: string): string;
  };
}

export interface PageArrow {
  readonly from: string;
  readonly to: string;
  readonly events: readonly string[];
}

export async function pageModule<Name extends keyof PageModules>(
  name: Name,
): Promise<PageModules[Name]> {
  const file = new URL(`../../../src/inspect-page/page/${name}.js`, import.meta.url);
  return import(file.href);
}
