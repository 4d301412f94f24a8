import { setTimeout as pause } from 'node:timers/promises';
import type { NodeConfig, TlsFiles } from '../config/node-config.ts';
import { E2dError } from '../errors/e2d-error.ts';
import type { EndpointTls } from '../etcd/client/connection.ts';
import type { CallOptions, EtcdEndpoint } from '../etcd/client/endpoint.ts';
import { createEndpointPool, type EndpointPool } from '../etcd/client/endpoint-pool.ts';
import { EtcdFault } from '../etcd/client/etcd-fault.ts';
import type { Rotation } from '../etcd/pki/rotation.ts';
import { checkClientTls } from '../node/check-tls.ts';
import { systemClock } from '../node/clock.ts';
import { type RotationState, readRotationState } from '../node/rotation/conduct-rotation.ts';
import { issuerOf } from '../node/rotation/standing.ts';
import { endpointTls } from '../node/tls.ts';
import type { Authority } from '../pki/authority.ts';

export interface Asked {
  readonly state: RotationState;
  /** The member that answered. */
  readonly endpoint: EtcdEndpoint;
  readonly bounds: CallOptions;
}

interface RotationEtcdParts {
  readonly authority: Authority | null;
  readonly signal: AbortSignal;
  readonly onTrouble: (sentence: string) => void;
}

/**
 * The cluster while its authorities are changed: etcd of this node is restarted meanwhile, and what
 * it shows and accepts becomes another, as do this machine's own files.
 */
export class RotationEtcd {
  readonly #tls: TlsFiles;
  readonly #parts: RotationEtcdParts;
  readonly #pool: EndpointPool;
  readonly #ownUrl: string;
  #urls: readonly string[];
  #shown: EndpointTls = {};
  #rotation: Rotation | null = null;
  #reissued: { readonly before: string; readonly certificate: Buffer } | null = null;

  private constructor(tls: TlsFiles, url: string, parts: RotationEtcdParts) {
    this.#tls = tls;
    this.#parts = parts;
    this.#ownUrl = url;
    this.#urls = [url];
    this.#pool = createEndpointPool({ tls: () => this.#shown });
  }

  /** Rejects with `E2D_ROTATION_REFUSED` where the node speaks no TLS, or as `checkClientTls`. */
  static async open(
    { tls, urls }: Pick<NodeConfig, 'tls' | 'urls'>,
    parts: RotationEtcdParts,
  ): Promise<RotationEtcd> {
    if (tls === null) throw withoutTls();
    await checkClientTls(tls, systemClock.wallTime());
    return new RotationEtcd(tls, urls.clientAdvertise, parts);
  }

  /** Asks one member after the other, this node's own first, until one answers or it is aborted. */
  async state(): Promise<Asked> {
    const { signal, onTrouble } = this.#parts;
    const bounds = { signal, timeoutMs: 3_000 };
    for (;;) {
      await this.#show();
      const faults: EtcdFault[] = [];
      for (const url of this.#urls) {
        signal.throwIfAborted();
        const endpoint = this.#pool.at(url);
        try {
          const state = await readRotationState(endpoint, bounds);
          this.#rotation = state.rotation;
          this.#remember(state);
          return { state, endpoint, bounds };
        } catch (problem) {
          if (!(problem instanceof EtcdFault) || !isPassing(problem)) throw problem;
          faults.push(problem);
        }
      }
      onTrouble(`No member answers; it is tried again (${faults.at(0)?.message ?? ''}).`);
      await pause(1_000, undefined, { signal });
    }
  }

  close(): void {
    this.#pool.close();
  }

  #remember({ members }: RotationState): void {
    const others = members.flatMap(({ clientUrls }) => clientUrls);
    this.#urls = [...new Set([this.#ownUrl, ...others])];
    this.#pool.keepOnly(this.#urls);
  }

  /** Connections are made anew only for something else to show. */
  async #show(): Promise<void> {
    const { tls } = await endpointTls(this.#tls);
    if (tls?.ca === undefined || tls.certificate === undefined || tls.key === undefined) return;
    const { authority } = this.#parts;
    const added = [authority?.certificate, this.#rotation?.new.certificate];
    const known = added.filter((one) => one !== undefined);
    const shown = {
      ca: Buffer.from([String(tls.ca), ...new Set(known)].join('\n')),
      certificate: this.#ownCertificate(tls.certificate),
      key: tls.key,
    };
    if (!isSame(shown, this.#shown)) this.#shown = shown;
  }

  /**
   * Where the files of this machine are no node's, nobody takes new certificates here; who holds
   * the new authority's key can show one all the same.
   */
  #ownCertificate(certificate: Buffer): Buffer {
    const { authority } = this.#parts;
    const rotation = this.#rotation;
    const before = String(certificate);
    const isTime = rotation?.phase === 'reissue' || rotation?.phase === 'drop-old';
    if (authority === null || !isTime || issuerOf(before, rotation) !== 'old') return certificate;
    if (this.#reissued?.before !== before) {
      const trusted = rotation.old.certificate;
      const issued = authority.reissue(before, { trusted, now: systemClock.wallTime() });
      this.#reissued = { before, certificate: Buffer.from(issued.certificate) };
    }
    return this.#reissued.certificate;
  }
}

function isSame(shown: EndpointTls, before: EndpointTls): boolean {
  return (['ca', 'certificate', 'key'] as const).every(
    (part) => before[part] !== undefined && shown[part]?.equals(before[part]) === true,
  );
}

/** What a restart, a leader that is gone or a file that is replaced brings, and time mends. */
function isPassing({ code }: EtcdFault): boolean {
  return ['unavailable', 'deadline', 'no-leader', 'learner-refuses', 'unknown'].includes(code);
}

function withoutTls(): E2dError {
  return new E2dError('This node speaks no TLS, so that there is no authority to change.', {
    code: 'E2D_ROTATION_REFUSED',
    remedy: 'Give the same TLS options as to "e2d run", or its --config.',
  });
}
