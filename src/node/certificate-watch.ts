import { readFile } from 'node:fs/promises';
import { type Observable, ReplaySubject } from 'rxjs';
import type { CertificateReport } from '../../machines/status-report.ts';
import type { TlsFiles } from '../config/node-config.ts';
import { textOf } from '../errors/e2d-error.ts';
import type { EndpointTls } from '../etcd/client/connection.ts';
import type { Log } from '../log/create-log.ts';
import { expiryOf, expirySentence } from '../pki/expiry.ts';
import { type Certificate, readCertificates } from '../pki/read-certificates.ts';
import type { Clock } from './clock.ts';
import { endpointTls } from './tls.ts';

/** So often in the life of the certificate that lives the shortest, within these bounds. */
const looksInALife = 60;
const lookEveryMs = { least: 500, most: 10_000 };

export interface WatchParts {
  readonly clock: Pick<Clock, 'wallTime' | 'setTimeout' | 'clearTimeout'>;
  readonly log: Pick<Log, 'warn' | 'info'>;
}

interface WatchedFile {
  readonly role: string;
  readonly path: string;
}

interface Seen extends WatchedFile {
  readonly certificates: readonly Certificate[];
  /** Why the file could not be read, as a sentence. */
  readonly problem: string | null;
}

/**
 * Looks at the certificates of this node now and then: says in time that one runs out, and has e2d
 * show a renewed one at its next connection. etcd reads its own at every handshake.
 */
export class CertificateWatch {
  readonly #files: readonly WatchedFile[];
  readonly #tls: TlsFiles;
  readonly #parts: WatchParts;
  #shown: EndpointTls = {};
  #seen: readonly Seen[] = [];
  #stages = new Map<string, number | null>();
  #timer: unknown = null;
  readonly #looks = new ReplaySubject<void>(1);

  private constructor(tls: TlsFiles, parts: WatchParts) {
    this.#tls = tls;
    this.#parts = parts;
    const roles = [
      ['ca', tls.caCertFile],
      ['server', tls.server.certFile],
      ['peer', tls.peer.certFile],
      ['client', tls.client.certFile],
      ...(tls.peerCaCertFile === tls.caCertFile ? [] : [['peer-ca', tls.peerCaCertFile] as const]),
    ] as const;
    this.#files = roles.map(([role, path]) => ({ role, path }));
  }

  /** Throws `E2D_TLS_FILE` when a file cannot be read now; later that is a warning. */
  static async start(tls: TlsFiles, parts: WatchParts): Promise<CertificateWatch> {
    const watch = new CertificateWatch(tls, parts);
    watch.#shown = (await endpointTls(tls)).tls ?? {};
    await watch.#look();
    watch.#schedule();
    return watch;
  }

  /** Emits after every look, the latest one for whoever comes later. */
  get looks$(): Observable<void> {
    return this.#looks;
  }

  /** What e2d shows at a connection that it makes now. */
  readonly shown = (): EndpointTls => this.#shown;

  report(): readonly CertificateReport[] {
    const now = this.#parts.clock.wallTime();
    return this.#seen.flatMap(({ role, path, certificates }) => {
      const expiry = expiryOf(certificates, now);
      const leaf = certificates[0];
      if (expiry === null || leaf === undefined) return [];
      const { notAfter, leftMs } = expiry;
      return [{ role, path, subject: leaf.subject, notAfter: notAfter.toISOString(), leftMs }];
    });
  }

  warnings(): readonly string[] {
    const now = this.#parts.clock.wallTime();
    const sentences = this.#seen.map(({ path, certificates, problem }) => {
      const expiry = expiryOf(certificates, now);
      return problem ?? (expiry && expirySentence(path, expiry));
    });
    return [...new Set(sentences.filter((sentence) => sentence !== null))];
  }

  stop(): void {
    this.#parts.clock.clearTimeout(this.#timer);
    this.#timer = null;
    this.#looks.complete();
  }

  #schedule(): void {
    this.#timer = this.#parts.clock.setTimeout(() => {
      void this.#look().then(() => {
        if (this.#timer !== null) this.#schedule();
      });
    }, pauseAfter(this.#seen));
  }

  async #look(): Promise<void> {
    const before = fingerprintsOf(this.#seen);
    this.#seen = await Promise.all(this.#files.map(read));
    if (before !== '' && before !== fingerprintsOf(this.#seen)) await this.#show();
    this.#tellStages();
    this.#looks.next();
  }

  /** A pair that is being replaced may not fit together for a moment: the next look sees it. */
  async #show(): Promise<void> {
    try {
      this.#shown = (await endpointTls(this.#tls)).tls ?? {};
      this.#parts.log.info('The certificates were renewed; they are shown from now on.');
    } catch (problem) {
      this.#parts.log.warn(`The renewed certificates cannot be used: ${textOf(problem)}`);
    }
  }

  /** Each stage on the way to its end is told once. */
  #tellStages(): void {
    const now = this.#parts.clock.wallTime();
    for (const { path, certificates, problem } of this.#seen) {
      const expiry = expiryOf(certificates, now);
      const stage = problem !== null ? -1 : (expiry?.stage ?? null);
      if (this.#stages.get(path) === stage) continue;
      this.#stages.set(path, stage);
      const sentence = problem ?? (expiry && expirySentence(path, expiry));
      if (sentence !== null) this.#parts.log.warn(`${sentence}.`);
    }
  }
}

function pauseAfter(seen: readonly Seen[]): number {
  const lives = seen
    .flatMap(({ certificates }) => certificates.slice(0, 1))
    .map(({ notBefore, notAfter }) => notAfter.getTime() - notBefore.getTime());
  const wishedMs = Math.min(...lives) / looksInALife;
  return Math.max(lookEveryMs.least, Math.min(lookEveryMs.most, wishedMs));
}

async function read({ role, path }: WatchedFile): Promise<Seen> {
  try {
    return { role, path, certificates: readCertificates(await readFile(path)), problem: null };
  } catch (cause) {
    const problem = `the certificate ${path} cannot be read (${textOf(cause)})`;
    return { role, path, certificates: [], problem };
  }
}

function fingerprintsOf(seen: readonly Seen[]): string {
  return seen.flatMap(({ certificates }) => certificates.map((one) => one.fingerprint)).join();
}
