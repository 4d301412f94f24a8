import type {
  Condition,
  KeyValue,
  LeaseId,
  Operation,
  Transaction,
} from '../../etcd/client/endpoint.ts';
import { EtcdFault } from '../../etcd/client/etcd-fault.ts';
import { ClusterConfig } from './cluster-config.ts';
import type { Command } from './commands.ts';
import type { Keyspace, Stored } from './keyspace.ts';

interface Lease {
  readonly ttlSeconds: number;
  readonly keys: Set<string>;
}

/** A key that was written; `value` is null where it was deleted. */
export interface Written {
  readonly key: string;
  readonly value: string | null;
}

/** What came of an applied entry. */
export interface Applied {
  readonly revision: number;
  readonly succeeded: boolean;
  readonly found: readonly (readonly KeyValue[])[];
  readonly written: readonly Written[];
}

/** etcd's state as the log makes it: keys, leases and the member list. */
export class StateMachine {
  readonly config = new ClusterConfig();
  readonly leases = new Map<LeaseId, Lease>();
  revision = 1;
  readonly #keys = new Map<string, Stored>();

  get keys(): ReadonlyMap<string, Stored> {
    return this.#keys;
  }

  get(key: string): KeyValue | null {
    const stored = this.#keys.get(key);
    return stored === undefined ? null : pairOf(key, stored);
  }

  /** An `EtcdFault` is an entry that had no effect. */
  apply(command: Command): Applied | EtcdFault {
    switch (command.kind) {
      case 'noop':
        return this.#done();
      case 'config':
        return this.config.refusalOf(command.change) ?? this.#after(this.config, command);
      case 'publish':
        this.config.publish(command.memberId, command.name, command.clientUrl);
        return this.#done();
      case 'restored':
        this.#restore(command.keyspace, command.revision);
        return this.#done();
      case 'grantLease':
        this.leases.set(command.leaseId, { ttlSeconds: command.ttlSeconds, keys: new Set() });
        return this.#done();
      case 'revokeLease':
        return this.#revoke(command.leaseId);
      case 'transaction':
        return this.#transact(command.transaction);
    }
  }

  #after(config: ClusterConfig, { change }: Extract<Command, { kind: 'config' }>): Applied {
    config.apply(change);
    return this.#done();
  }

  #done(written: readonly Written[] = []): Applied {
    return { revision: this.revision, succeeded: true, found: [], written };
  }

  #restore({ keys, leases }: Keyspace, revision: number): void {
    for (const [id, ttlSeconds] of leases) this.leases.set(id, { ttlSeconds, keys: new Set() });
    for (const [key, stored] of keys) {
      this.#keys.set(key, stored);
      if (stored.leaseId !== null) this.leases.get(stored.leaseId)?.keys.add(key);
    }
    this.revision = revision;
  }

  #revoke(leaseId: LeaseId): Applied | EtcdFault {
    const lease = this.leases.get(leaseId);
    if (lease === undefined) return leaseNotFound();
    const written = [...lease.keys].map((key) => ({ key, value: null }));
    this.leases.delete(leaseId);
    for (const { key } of written) this.#keys.delete(key);
    if (written.length > 0) this.revision += 1;
    return this.#done(written);
  }

  #transact({ conditions, success, failure }: Transaction): Applied | EtcdFault {
    const succeeded = conditions.every((condition) => this.#holds(condition));
    const operations = succeeded ? success : (failure ?? []);
    if (operations.some((operation) => this.#leaseIsMissing(operation))) return leaseNotFound();
    const at = this.revision + 1;
    const written: Written[] = [];
    const found = operations.map((operation) => this.#run(operation, at, written));
    if (written.length > 0) this.revision = at;
    return { revision: this.revision, succeeded, found, written };
  }

  #holds(condition: Condition): boolean {
    const stored = this.#keys.get(condition.key);
    return 'createRevision' in condition
      ? String(stored?.createRevision ?? 0) === condition.createRevision
      : String(stored?.modRevision ?? 0) === condition.modRevision;
  }

  #leaseIsMissing(operation: Operation): boolean {
    if (operation.kind !== 'put' || operation.leaseId === undefined) return false;
    return !this.leases.has(operation.leaseId);
  }

  #run(operation: Operation, revision: number, written: Written[]): readonly KeyValue[] {
    const { key } = operation;
    const stored = this.#keys.get(key);
    switch (operation.kind) {
      case 'get':
        if (operation.prefix) return this.#under(key);
        return stored === undefined ? [] : [pairOf(key, stored)];
      case 'put': {
        const { value, leaseId = null } = operation;
        this.#detach(key, stored);
        if (leaseId !== null) this.leases.get(leaseId)?.keys.add(key);
        const createRevision = stored?.createRevision ?? revision;
        this.#keys.set(key, { value, createRevision, modRevision: revision, leaseId });
        written.push({ key, value });
        return [];
      }
      case 'delete':
        for (const one of this.#within(key, operation.end)) {
          this.#detach(one, this.#keys.get(one));
          this.#keys.delete(one);
          written.push({ key: one, value: null });
        }
        return [];
    }
  }

  #detach(key: string, stored: Stored | undefined): void {
    if (stored?.leaseId) this.leases.get(stored.leaseId)?.keys.delete(key);
  }

  #within(key: string, end: string | undefined): readonly string[] {
    if (end === undefined) return this.#keys.has(key) ? [key] : [];
    return [...this.#keys.keys()].filter((one) => one >= key && one < end).sort();
  }

  #under(prefix: string): readonly KeyValue[] {
    return [...this.#keys]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, stored]) => pairOf(key, stored));
  }
}

function pairOf(key: string, stored: Stored): KeyValue {
  const { value, createRevision, modRevision } = stored;
  return {
    key,
    value,
    createRevision: String(createRevision),
    modRevision: String(modRevision),
  };
}

function leaseNotFound(): EtcdFault {
  return new EtcdFault('not-found', 'etcdserver: requested lease not found');
}
