import type { ICompare, IRequestOp, IResponseOp, ITxnRequest } from 'etcd3';
import { keyValueFromWire } from './decode.ts';
import type { Condition, KeyValue, Operation, Transaction } from './endpoint.ts';

export function transactionToWire({ conditions, success, failure }: Transaction): ITxnRequest {
  return {
    compare: conditions.map(conditionToWire),
    success: success.map(operationToWire),
    failure: (failure ?? []).map(operationToWire),
  };
}

/** What each operation of a transaction found; empty for writes. */
export function foundFromWire(responses: readonly IResponseOp[]): readonly (readonly KeyValue[])[] {
  return responses.map(({ response_range: range }) => range?.kvs.map(keyValueFromWire) ?? []);
}

function conditionToWire(condition: Condition): ICompare {
  const key = Buffer.from(condition.key);
  return 'createRevision' in condition
    ? { key, target: 'Create', result: 'Equal', create_revision: condition.createRevision }
    : { key, target: 'Mod', result: 'Equal', mod_revision: condition.modRevision };
}

function operationToWire(operation: Operation): IRequestOp {
  const key = Buffer.from(operation.key);
  switch (operation.kind) {
    case 'get':
      return { request_range: operation.prefix ? { key, range_end: prefixEnd(key) } : { key } };
    case 'put': {
      const put = { key, value: Buffer.from(operation.value) };
      const { leaseId } = operation;
      return { request_put: leaseId === undefined ? put : { ...put, lease: leaseId } };
    }
    case 'delete': {
      const { end } = operation;
      return {
        request_delete_range: end === undefined ? { key } : { key, range_end: Buffer.from(end) },
      };
    }
  }
}

/** The first key after all keys that begin with `prefix`, which ends in an ASCII character. */
function prefixEnd(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  const last = end.length - 1;
  end.writeUInt8(end.readUInt8(last) + 1, last);
  return end;
}
