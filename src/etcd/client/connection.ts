import { rootCertificates } from 'node:tls';
import type { CallOptions as GrpcCallOptions, Interceptor } from '@grpc/grpc-js';
import type { Etcd3 } from 'etcd3';
import type { CallOptions } from './endpoint.ts';
import { EtcdFault, faultAt, toEtcdFault } from './etcd-fault.ts';
import { type Etcd3Vendor, loadEtcd3 } from './load-etcd3.ts';

/** PEM texts. Without `ca` the authorities that Node knows are trusted. */
export interface EndpointTls {
  readonly ca?: Buffer;
  readonly certificate?: Buffer;
  readonly key?: Buffer;
}

export interface ConnectionOptions {
  /** A function is asked at every dial: what it shows may be renewed meanwhile. */
  readonly tls?: EndpointTls | (() => EndpointTls);
  /** Shown to etcd with every call, where a user is known by a token instead of a certificate. */
  readonly token?: () => string | null;
  /** Told of every failed call: what a caller passes over may be worth a word to a person. */
  readonly onFault?: (fault: EtcdFault) => void;
  /** The deadline of a call that names none. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 2_000;

/** What is to be shown at a dial that is made now. */
export function shownNow({ tls }: ConnectionOptions): EndpointTls | undefined {
  return typeof tls === 'function' ? tls() : tls;
}

/** A member that was restarted is reached again within half a second, however long it was away. */
const channelOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_channelz': 0,
};

/**
 * gRPC never gives up on a TCP connection that is being made, while the kernel asks for it ever
 * less often, up to once a minute. So an endpoint that was silent this long is dialled afresh: it
 * is reached within seconds of a partition's end.
 */
const redialAfterMs = 4_000;

/** An RPC, given etcd3's client and the call options to pass on. */
export type Rpc<T> = (client: Etcd3, options: GrpcCallOptions) => Promise<T>;

/** One endpoint's connection: every call bounded, never retried, its failure an `EtcdFault`. */
export class Connection {
  readonly #url: string;
  readonly #options: ConnectionOptions;
  readonly #closing = new AbortController();
  #client: Etcd3 | undefined;
  #dials = 0;
  #shown: EndpointTls | undefined;
  /** When etcd last answered, or else when it was last dialled. */
  #heardAtMs = 0;

  constructor(url: string, options: ConnectionOptions) {
    this.#url = url;
    this.#options = options;
  }

  /** For what a member answers from its own state. */
  local<T>(rpc: Rpc<T>, options: CallOptions = {}): Promise<T> {
    return this.#call(rpc, options, false);
  }

  /** For what needs a quorum: fails with `no-leader` at once instead of waiting for a leader. */
  quorum<T>(rpc: Rpc<T>, options: CallOptions = {}): Promise<T> {
    return this.#call(rpc, options, true);
  }

  close(): void {
    this.#closing.abort();
    this.#client?.close();
  }

  async #call<T>(rpc: Rpc<T>, options: CallOptions, leader: boolean): Promise<T> {
    const { signal, timeoutMs } = options;
    const cancels = [this.#closing.signal, ...(signal === undefined ? [] : [signal])];
    const aborted = () => cancels.some((cancel) => cancel.aborted);
    const vendor = await loadEtcd3();
    if (aborted()) throw this.#aborted();
    const deadline = Date.now() + (timeoutMs ?? this.#options.timeoutMs ?? defaultTimeoutMs);
    const client = this.#upToDate() ?? this.#dial(vendor);
    try {
      const token = this.#options.token?.() ?? null;
      const interceptors = [bound(vendor, cancels, { leader, token })];
      const answer = await rpc(client, { deadline, interceptors });
      this.#heardAtMs = performance.now();
      return answer;
    } catch (thrown) {
      const fault = toEtcdFault(thrown);
      if (fault.code === 'deadline') this.#redialWhenSilent(client);
      if (aborted()) throw this.#aborted();
      const located = faultAt(this.#url, fault);
      this.#options.onFault?.(located);
      throw located;
    }
  }

  /** gRPC shows what it was given at the dial for as long as it reconnects. */
  #upToDate(): Etcd3 | undefined {
    if (this.#client === undefined || shownNow(this.#options) === this.#shown) return this.#client;
    this.#client.close();
    this.#client = undefined;
    return undefined;
  }

  #dial({ Etcd3, noRetries }: Etcd3Vendor): Etcd3 {
    this.#shown = shownNow(this.#options);
    this.#dials += 1;
    this.#heardAtMs = performance.now();
    // gRPC shares the sockets of channels with equal options: the number keeps this dial apart.
    const grpcOptions = { ...channelOptions, 'grpc.primary_user_agent': `e2d/${this.#dials}` };
    this.#client = new Etcd3({
      hosts: this.#url,
      ...credentialsOf(this.#shown),
      grpcOptions,
      faultHandling: { host: () => noRetries, global: noRetries },
    });
    return this.#client;
  }

  #redialWhenSilent(client: Etcd3): void {
    if (client !== this.#client || performance.now() - this.#heardAtMs < redialAfterMs) return;
    this.#client = undefined;
    client.close();
  }

  #aborted(): EtcdFault {
    return new EtcdFault('aborted', `The call to ${this.#url} was ended by its caller.`);
  }
}

function credentialsOf(tls: EndpointTls | undefined) {
  if (tls === undefined) return {};
  const { ca, certificate, key } = tls;
  return {
    credentials: {
      rootCertificate: ca ?? Buffer.from(rootCertificates.join('\n')),
      ...(key === undefined ? {} : { privateKey: key }),
      ...(certificate === undefined ? {} : { certChain: certificate }),
    },
  };
}

/**
 * Ends the call when a signal fires; with `leader`, etcd refuses at once while it has no leader.
 */
function bound(
  vendor: Etcd3Vendor,
  cancels: readonly AbortSignal[],
  { leader, token }: { readonly leader: boolean; readonly token: string | null },
): Interceptor {
  return (options, nextCall) => {
    const call = nextCall(options);
    const onAbort = () => call.cancelWithStatus(1, 'aborted');
    return new vendor.InterceptingCall(call, {
      start(metadata, _listener, next) {
        if (leader) metadata.set('hasleader', 'true');
        if (token !== null) metadata.set('token', token);
        for (const cancel of cancels) cancel.addEventListener('abort', onAbort);
        next(metadata, {
          onReceiveStatus(status, pass) {
            for (const cancel of cancels) cancel.removeEventListener('abort', onAbort);
            pass(status);
          },
        });
      },
    });
  };
}
