import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  idFromWire,
  idToWire,
  integerFromWire,
  statusFromWire,
} from '../../../../src/etcd/client/decode.ts';

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

test('an id from the wire reads as etcd logs it', () => {
  expect(idFromWire('10276657743932975437')).toBe('8e9e05c52164694d');
  expect(idFromWire('255')).toBe('ff');
});

test('every id survives the way there and back', () => {
  fc.assert(
    fc.property(uint64, (id) => {
      expect(idToWire(idFromWire(String(id)))).toBe(String(id));
      expect(idFromWire(String(id))).toMatch(/^(0|[1-9a-f][0-9a-f]*)$/);
    }),
  );
});

test('a number that JavaScript cannot hold exactly is refused, not rounded', () => {
  expect(integerFromWire('9007199254740991')).toBe(9007199254740991);
  expect(() => integerFromWire('9007199254740993')).toThrow('9007199254740993');
  expect(() => integerFromWire('none')).toThrow('none');
});

const wireStatus = {
  header: { cluster_id: '16', member_id: '17', revision: '3', raft_term: '2' },
  version: '3.5.30',
  dbSize: '4096',
  leader: '17',
  raftIndex: '9',
  raftTerm: '2',
  raftAppliedIndex: '8',
  errors: [],
  dbSizeInUse: '1',
  isLearner: false,
};

test('a status without a leader has null for it', () => {
  expect(statusFromWire({ ...wireStatus, leader: '0' }).leaderId).toBeNull();
  expect(statusFromWire(wireStatus)).toMatchObject({ memberId: '11', leaderId: '11', revision: 3 });
});

test('alarms are read from the errors of a status, and other errors are none', () => {
  const errors = [
    'etcdserver: no leader',
    'memberID:17 alarm:NOSPACE ',
    'memberID:18  alarm:CORRUPT',
  ];
  expect(statusFromWire({ ...wireStatus, errors }).alarms).toEqual([
    { memberId: '11', kind: 'nospace' },
    { memberId: '12', kind: 'corrupt' },
  ]);
});
