import { describe, expect, test } from 'vitest';
import { fromLog } from '../../../src/playground/log-news.ts';

const told = (entry: object) => fromLog(JSON.stringify({ level: 'info', ...entry }));

describe('a line of the log becomes a sentence', () => {
  test('for a decision to act, with its path and rule', () => {
    const entry = { rule: 'S9', decision: 'act', path: 'restart-existing', facts: {} };
    expect(told({ ...entry, msg: 'This node has its data.' })).toBe(
      'decides to restart-existing: this node has its data (rule S9)',
    );
  });

  test('for a decision to wait', () => {
    expect(told({ rule: 'S7', decision: 'wait', msg: '1 of 3 required nodes are here.' })).toBe(
      'waits: 1 of 3 required nodes are here (rule S7)',
    );
    expect(told({ rule: 'S2', decision: 'wait', msg: 'N1, n2 have data.' })).toMatch(/^waits: n1,/);
  });

  test('for what is done because of the decision, without its reason again', () => {
    const reason = 'this node has its data';
    expect(told({ effect: 'launchEtcd', rule: 'S9', reason, msg: 'Effect begins.' })).toBe(
      'starts etcd (rule S9)',
    );
  });

  test('for a change of the members, with its reason', () => {
    const entry = { effect: 'changeMembership', rule: 'S11', reason: 'n3 is gone for 10 s' };
    expect(told({ ...entry, msg: 'Effect begins.' })).toBe(
      'changes the member list: n3 is gone for 10 s (rule S11)',
    );
  });

  test('for a refusal', () => {
    const refusal = { rule: 'S11', sentence: 'the node of member 12 is alive in gossip' };
    const outcome = { kind: 'refused', refusal };
    expect(told({ effect: 'x', outcome, msg: 'Membership change came out.' })).toBe(
      'holds back: the node of member 12 is alive in gossip (rule S11)',
    );
  });

  test("for etcd's exit", () => {
    const entry = { level: 'warn', kind: 'killed', msg: 'Etcd was killed by SIGKILL.' };
    expect(told(entry)).toBe('etcd was killed by SIGKILL');
  });

  test.each([
    ['bookkeeping', JSON.stringify({ effect: 'writeIdentity', rule: 'S8', reason: 'r', msg: 'm' })],
    ['a change of state', JSON.stringify({ level: 'info', from: 'a', to: 'b', msg: 'm' })],
    ['a warning about the configuration', JSON.stringify({ level: 'warn', msg: 'm' })],
    ['what is no JSON', 'Error: no'],
    ['what is no line of a log', '[1]'],
  ])('but not for %s', (_, line) => {
    expect(fromLog(line)).toBeNull();
  });
});
