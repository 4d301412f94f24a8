import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  readRotationOrders,
  readRotationRegister,
} from '../../../../src/etcd/pki/rotation-register.ts';
import { warrantFor } from '../../../../src/etcd/pki/warrant.ts';
import { CertificateAuthority } from '../../../support/certificates.ts';
import { scriptedEndpoint } from '../scripted-endpoint.ts';

const [old, next] = [new CertificateAuthority('old'), new CertificateAuthority('new')];
const written = (certificate: string) => ({
  certificate,
  fingerprint: new X509Certificate(certificate).fingerprint256,
});
const [from, to] = [written(old.certificate), written(next.certificate)];
const at = '2026-11-21T10:00:00.000Z';
const change = { id: 'r', old: from, new: to };
const rotation = {
  ...{ ...change, phase: 'trust-both', warrant: warrantFor(change, old.key) },
  ...{ beganAt: at, phaseBeganAt: at },
};

function read(value: unknown) {
  const pair = { key: '/_e2d/pki/rotation', createRevision: '1', modRevision: '7' };
  const etcd = scriptedEndpoint('http://a:1', {
    transact: async () => ({
      succeeded: true,
      found: [[{ ...pair, value: JSON.stringify(value) }], []],
      revision: '7',
    }),
  });
  return readRotationOrders(etcd, { timeoutMs: 1000 });
}

test('a rotation is read', async () => {
  expect(await read(rotation)).toEqual({ rotation, revision: '7', reissued: new Map() });
});

// Nodes add the certificate to their files for as long as they do not find its fingerprint there.
test.each([
  ['another fingerprint', { ...to, fingerprint: from.fingerprint.replace(/^../, '00') }],
  ['two certificates', { ...to, certificate: to.certificate + from.certificate }],
  ['a key behind it', { ...to, certificate: to.certificate + next.key }],
  ['no certificate', { ...to, certificate: 'x' }],
  ['a megabyte', { ...to, certificate: `${to.certificate}${' '.repeat(2 ** 20)}` }],
  ['one of no authority', written(next.issue('leaf', ['127.0.0.1']).certificate)],
])('a rotation to an authority with %s is none', async (_, authority) => {
  await expect(read({ ...rotation, new: authority })).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});

test('a rotation of a name that steers a terminal is none', async () => {
  await expect(read({ ...rotation, id: '\u001b[2J' })).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});

test('a report of more files than a node has counts for nothing', async () => {
  const file = { role: 'peer', path: '/p', certificate: next.certificate };
  const report = {
    ...{ node: 'a', rotation: null, trusted: [], etcd: null, problems: [], reportedAt: at },
    certificates: [file, file, file],
  };
  const pair = { key: '/_e2d/pki/nodes/a1', createRevision: '1', modRevision: '7' };
  const registered = async (value: unknown) => {
    const reports = [{ ...pair, value: JSON.stringify(value) }];
    const etcd = scriptedEndpoint('http://a:1', {
      transact: async () => ({ succeeded: true, found: [[], [], reports], revision: '7' }),
    });
    return (await readRotationRegister(etcd, { timeoutMs: 1000 })).reports;
  };
  expect(await registered(report)).toEqual(new Map([['a1', report]]));
  expect(await registered({ ...report, certificates: Array(300).fill(file) })).toEqual(new Map());
  const trusted = Array(300).fill({ path: '/ca', authorities: [] });
  expect(await registered({ ...report, trusted })).toEqual(new Map());
});

test('an order that the old authority has not vouched for is none', async () => {
  const forged = { ...rotation, warrant: warrantFor(change, next.key) };
  await expect(read(forged)).rejects.toMatchObject({ code: 'unexpected-answer' });
  const borrowed = { ...rotation, id: 'another' };
  await expect(read(borrowed)).rejects.toMatchObject({ code: 'unexpected-answer' });
});
