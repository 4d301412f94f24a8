import { concatMap, distinctUntilChanged, filter, type Observable } from 'rxjs';
import type { CertificateReading, Member } from '../../machines/facts.ts';
import type { Refusal } from '../../machines/rules.ts';
import type { TlsFiles } from '../config/node-config.ts';
import { textOf } from '../errors/e2d-error.ts';
import { dueForRenewal, renewCertificates } from './certificate-renewal.ts';
import type { CertificateWatch } from './certificate-watch.ts';
import type { Clock } from './clock.ts';
import type { CertificateKeeper } from './host.ts';
import {
  digestOf,
  readAuthorities,
  refuseTrust,
  type TrustedAuthorities,
} from './trusted-authorities.ts';

export interface KeeperParts {
  readonly tls: TlsFiles;
  readonly caKeyFile: string | null;
  readonly watch: CertificateWatch;
  readonly clock: Pick<Clock, 'wallTime'>;
}

/** The certificate files of a real host. */
export class FileKeeper implements CertificateKeeper {
  readonly #parts: KeeperParts;
  /** What the running etcd was started with; null while that is not known. */
  #inEtcd: TrustedAuthorities | null = null;
  #problem: string | null = null;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** To be told of every etcd that is started or adopted. */
  noteStarted(authorities: TrustedAuthorities | null): void {
    this.#inEtcd = authorities;
  }

  get inEtcd(): TrustedAuthorities | null {
    return this.#inEtcd;
  }

  warnings(): readonly string[] {
    return this.#problem === null ? [] : [this.#problem];
  }

  readings$(): Observable<CertificateReading> {
    return this.#parts.watch.looks$.pipe(
      concatMap(() => this.#read()),
      filter((reading) => reading !== null),
      distinctUntilChanged((a, b) => JSON.stringify(a) === JSON.stringify(b)),
    );
  }

  renew(roles: readonly string[]): Promise<void> {
    return renewCertificates(roles, this.#now());
  }

  refuseTrust(members: readonly Member[], signal: AbortSignal): Promise<Refusal | null> {
    return refuseTrust(members, { tls: this.#parts.tls, signal });
  }

  /** Null when a file cannot be read, or stands half written: nothing follows from that (S1). */
  async #read(): Promise<CertificateReading | null> {
    const { tls } = this.#parts;
    try {
      const [due, inFiles] = await Promise.all([dueForRenewal(this.#now()), readAuthorities(tls)]);
      this.#problem = null;
      return { due, inFiles: digestOf(inFiles), inEtcd: this.#inEtcd && digestOf(this.#inEtcd) };
    } catch (problem) {
      this.#problem = `certificates are not looked after: ${textOf(problem)}`;
      return null;
    }
  }

  #now() {
    const { tls, caKeyFile, clock } = this.#parts;
    return { tls, caKeyFile, now: clock.wallTime() };
  }
}
