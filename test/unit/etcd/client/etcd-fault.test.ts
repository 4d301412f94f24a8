import { describe, expect, test } from 'vitest';
import { EtcdFault, faultOf, toEtcdFault } from '../../../../src/etcd/client/etcd-fault.ts';

describe('the fault of an error', () => {
  test.each([
    ['14 UNAVAILABLE: No connection established', 'unavailable'],
    ['14 UNAVAILABLE: etcdserver: no leader', 'no-leader'],
    ['14 UNAVAILABLE: etcdserver: leader changed', 'no-leader'],
    ['14 UNAVAILABLE: etcdserver: request timed out', 'deadline'],
    [
      '14 UNAVAILABLE: etcdserver: request timed out, possibly due to previous leader failure',
      'no-leader',
    ],
    ['14 UNAVAILABLE: etcdserver: unhealthy cluster', 'unhealthy-cluster'],
    [
      '9 FAILED_PRECONDITION: etcdserver: re-configuration failed due to not enough started members',
      'unhealthy-cluster',
    ],
    ['4 DEADLINE_EXCEEDED: Deadline exceeded after 1.0s', 'deadline'],
    ['1 CANCELLED: Call cancelled', 'deadline'],
    ['5 NOT_FOUND: etcdserver: member not found', 'not-found'],
    [
      '9 FAILED_PRECONDITION: etcdserver: can only promote a learner member which is in sync with leader',
      'learner-not-ready',
    ],
    ['9 FAILED_PRECONDITION: etcdserver: can only promote a learner member', 'not-learner'],
    ['9 FAILED_PRECONDITION: etcdserver: too many learner members in cluster', 'too-many-learners'],
    ['9 FAILED_PRECONDITION: etcdserver: Peer URLs already exists', 'already-exists'],
    ['9 FAILED_PRECONDITION: etcdserver: member ID already exist', 'already-exists'],
    ['8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded', 'no-space'],
    ['7 PERMISSION_DENIED: etcdserver: permission denied', 'permission'],
    ['16 UNAUTHENTICATED: etcdserver: invalid auth token', 'unauthenticated'],
    ['13 INTERNAL: something new', 'unknown'],
    ['Lease 12 is expired or revoked', 'unknown'],
  ])('%s is %s', (text, code) => {
    expect(faultOf(new Error(text)).code).toBe(code);
  });

  test('says what etcd said, without the noise of gRPC', () => {
    expect(faultOf(new Error('14 UNAVAILABLE: etcdserver: no leader'))).toEqual({
      code: 'no-leader',
      message: 'etcdserver: no leader',
    });
  });

  test('stays what it is when it is one already, and keeps what caused it', () => {
    const fault = new EtcdFault('lock-lost', 'gone');
    expect(toEtcdFault(fault)).toBe(fault);
    const cause = new Error('4 DEADLINE_EXCEEDED: late');
    expect(toEtcdFault(cause).cause).toBe(cause);
  });
});
