import { describe, expect, test } from 'vitest';
import { isInspectReport } from '../../../src/cli/inspect-shape.ts';
import { askingRun, InspectedRun, suspectingRun } from '../../support/inspect-example.ts';
import { degraded } from './status-example.ts';

describe('the shape of an inspection', () => {
  const reports = [new InspectedRun(), askingRun(), suspectingRun()].map((run) => run.report());
  test.each(reports)('what a node builds fits, also after JSON', (report) => {
    expect(isInspectReport(JSON.parse(JSON.stringify(report)))).toBe(true);
    expect(isInspectReport({ ...report, later: 'addition' })).toBe(true);
  });

  const report = suspectingRun().report();
  test.each(Object.keys(report))('a wrong value of "%s" is noticed', (field) => {
    expect(isInspectReport({ ...report, [field]: Symbol.for('wrong') })).toBe(false);
    expect(isInspectReport({ ...report, [field]: undefined })).toBe(false);
  });

  const [step] = report.recent;
  test.each([
    ['a step', { recent: [{ ...step, times: 'often' }] }],
    ['an effect', { recent: [{ ...step, effects: [{ id: 'x', reason: 'so' }] }] }],
    ['a fact', { decision: { ...report.decision, facts: { cited: {} } } }],
    ['a rule of another version', { decision: { ...report.decision, rule: 'S99' } }],
    ['a state value', { state: { active: 7 } }],
    ['an active state', { active: [{ id: 'node' }] }],
  ])('%s that is otherwise is noticed', (_, wrong) => {
    expect(isInspectReport({ ...report, ...wrong })).toBe(false);
  });

  test.each([[null], ['report'], [[]], [degraded]])('%j is none', (value) => {
    expect(isInspectReport(value)).toBe(false);
  });
});
