type Etcd3Module = typeof import('etcd3');
type GrpcModule = typeof import('@grpc/grpc-js');
type FaultPolicyModule = typeof import('cockatiel');

/** The vendor modules that a connection is made of. */
export interface Etcd3Vendor {
  readonly Etcd3: Etcd3Module['Etcd3'];
  readonly InterceptingCall: GrpcModule['InterceptingCall'];
  readonly noRetries: FaultPolicyModule['noop'];
}

let loading: Promise<Etcd3Vendor> | undefined;

/**
 * Loads etcd3 and gRPC once, at first need: they cost more than the rest of e2d's start together.
 * Call it early and drop the promise to have them ready by the time an endpoint is asked.
 */
export function loadEtcd3(): Promise<Etcd3Vendor> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Etcd3Vendor> {
  const [etcd3, grpc, cockatiel] = await Promise.all([
    import('etcd3'),
    import('@grpc/grpc-js'),
    import('cockatiel'),
  ]);
  return {
    Etcd3: etcd3.Etcd3,
    InterceptingCall: grpc.InterceptingCall,
    noRetries: cockatiel.noop,
  };
}
