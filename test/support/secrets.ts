import { readdirSync, readFileSync } from 'node:fs';

/** What must be nowhere that others may look, by what it is: each in every form it may take. */
export type Secrets = Readonly<Record<string, readonly string[]>>;

/** A text as it may turn up: as it is, and as programs write it down. */
export function textForms(text: string): readonly string[] {
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    ...bytesForms(Buffer.from(text)),
  ];
}

/** Bytes as programs write them down. */
export function bytesForms(bytes: Buffer): readonly string[] {
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  const hex = bytes.toString('hex');
  const url = bytes.toString('base64url');
  return [base64, url, encodeURIComponent(base64), hex, hex.toUpperCase(), [...bytes].join(',')];
}

/** Each line of a key says enough; the last one may be too short to be told from other text. */
export function pemForms(pem: string): readonly string[] {
  const body = pem.split('\n').filter((line) => line.length === 64);
  return body.flatMap((line) => [line, ...bytesForms(Buffer.from(line, 'base64'))]);
}

/** Where which secret was found, with what stands around it. */
export function leaks(
  written: Iterable<readonly [place: string, text: string]>,
  secrets: Secrets,
): readonly string[] {
  return [...written].flatMap(([place, text]) =>
    Object.entries(secrets).flatMap(([what, forms]) =>
      [...new Set(forms)]
        .filter((form) => text.includes(form))
        .map((form) => `${what} in ${place}: ${around(text, form)}`),
    ),
  );
}

function around(text: string, value: string): string {
  const at = text.indexOf(value);
  return text.slice(Math.max(0, at - 80), at + value.length + 40);
}

/** What `ps` shows of every process of this machine, looked at again and again. */
export class ProcessWatch {
  readonly #everyMs = 25;
  readonly #seen = new Set<string>();
  readonly #timer = setInterval(() => this.#look(), this.#everyMs);

  /** Every list of arguments that was ever seen, one argument a line. */
  end(): readonly string[] {
    clearInterval(this.#timer);
    return [...this.#seen];
  }

  #look(): void {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        this.#seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', '\n'));
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}
