import { expect, test } from 'vitest';
import type { CertificateReading } from '../../../machines/facts.ts';
import { statusReport } from '../../../src/node/status.ts';
import { type ChartRun, settledVoter } from '../../support/chart-run.ts';

const clock = { nowMs: () => 0, wallTime: () => new Date(0) };
const surroundings = {
  ...{ processId: 1, stateSinceMs: 0, quorumSinceMs: 0, warnings: [], certificates: [] },
  clock,
};
const refusal = {
  rule: 'S10',
  sentence: 'b does not show what the new authorities accept',
} as const;

function reading(changes: Partial<CertificateReading>): ChartRun {
  const same = { due: [], rotation: null, inFiles: 'x', inEtcd: 'x' };
  return settledVoter().send({
    type: 'certificates.read',
    atMs: 0,
    reading: { ...same, ...changes },
  });
}

const refused = () => reading({ inFiles: 'y' }).done('takeTurn', { kind: 'refused', refusal });
const warningsOf = ({ snapshot }: ChartRun) =>
  statusReport(snapshot, surroundings).warnings.filter((one) => /authorit|certificate/.test(one));

test('nothing is told of certificates that are as they should be', () => {
  expect(warningsOf(reading({}))).toEqual([]);
  expect(warningsOf(reading({ inFiles: 'y', inEtcd: null }))).toEqual([]);
});

test('why etcd is not restarted for other authorities is told, while it trusts the old ones', () => {
  const run = refused();
  expect(warningsOf(run)).toEqual([
    `etcd waits to be restarted for other authorities: ${refusal.sentence}`,
  ]);
  const same = { due: [], rotation: null, inFiles: 'x', inEtcd: 'x' };
  run.send({ type: 'certificates.read', atMs: 1, reading: same });
  expect(warningsOf(run)).toEqual([]);
});

test('why a certificate was not renewed is told', () => {
  expect(warningsOf(reading({ due: ['peer'] }).fails('renewCertificates'))).toEqual([
    'the certificates are not as they should be: renewCertificates failed',
  ]);
});
