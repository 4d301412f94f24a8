import { describe, expect, test } from 'vitest';
import type { StatusReport } from '../../../machines/status-report.ts';
import { renderStatus } from '../../../src/cli/render-status.ts';
import { isStatusReport } from '../../../src/cli/status-shape.ts';
import { degraded, surveying } from './status-example.ts';

describe('the rendered report', () => {
  test('of a cluster that replaces a member', () => {
    expect(renderStatus(degraded)).toBe(`Cluster cdf818194e3a8c32 — degraded (2 of 3 voters healthy)
Node m1 is running for 1h30m, by restart-existing (e2d 0.1.0, pid 4242)
  because: The data dir holds member m1 (rule S9)
etcd 3.6.6 is healthy, pid 4343, member 8e9e05c52164694d
Quorum is held for 1m1s; m2 leads

MEMBER              ROLE      HEALTH   LAG  REVISION  DB SIZE   ADDRESS
m1                  follower  healthy  0    4711      25.0 MiB  http://m1:2379
m2                  leader    healthy  0    4711      25.0 MiB  http://m2:2379
(not started, abc)  learner   unknown  120  ?         ?         http://m3:2380

PEER  GOSSIP  STATUS   DATA      ADDRESS
m2    alive   running  readable  http://m2:2380

Snapshots: resting; the last is 2026-11-21T10:00:00Z-000000004700-a1b2c3 (revision 4700, 3.0 MiB, 42s ago)
  2026-11-21T04:00:00Z-000000004200-d4e5f6 was proven 6h ago: its 120 keys are those of the cluster; a restore takes 12.3 s
  retention kept 71 and removed 3, 20m ago

Waiting: m3 is a learner and 120 entries behind (rule S13)
Next: m3 is promoted once it has caught up.
Safe to stop one more member? No: only 2 of 3 voters are healthy.

Warning: etcd 3.4 is past its end of life.
`);
  });

  test('of a node that waits alone', () => {
    expect(renderStatus(surveying)).toBe(`No cluster yet (of 3)
Node m1 is surveying for 0s (e2d 0.1.0, pid 4242)
etcd is stopped
Quorum is unknown; no leader is known

Waiting: this node lost its disk, and no peer answers (rule S8)
  to let it go on: e2d run --bootstrap-addrs ...
Next: m3 is promoted once it has caught up.
Safe to stop one more member? No: only 2 of 3 voters are healthy.
`);
  });

  test.each([
    ['active.running.(etcd.up.healthy quorum.held)', 'running'],
    ['active.bootstrappingNew.pinning', 'bootstrappingNew.pinning'],
    ['preparing', 'preparing'],
  ])('state %s', (state, expected) => {
    const text = renderStatus({ ...degraded, node: { ...degraded.node, state } });
    expect(text).toContain(`Node m1 is ${expected} for 1h30m`);
  });

  const headlines: readonly (readonly [string, Partial<StatusReport>, string])[] = [
    ['healthy', { cluster: { ...degraded.cluster, requiredSize: 1 } }, 'healthy (2 of 2 voters'],
    ['no quorum', { quorum: { state: 'lost', sinceMs: 1 } }, 'without quorum (2 of 3 voters'],
    ['unknown', { quorum: { state: 'unknown', sinceMs: 1 } }, 'quorum unknown (2 of 3 voters'],
  ];
  test.each(headlines)('headline: %s', (_, over, expected) => {
    expect(renderStatus({ ...degraded, ...over }).split('\n')[0]).toContain(expected);
  });
});

describe('the shape of a report', () => {
  test.each([degraded, surveying])('what a node builds fits, also after JSON', (report) => {
    expect(isStatusReport(JSON.parse(JSON.stringify(report)))).toBe(true);
    expect(isStatusReport({ ...report, later: 'addition' })).toBe(true);
  });

  /** Every place in the report, as a path of keys. */
  function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
    if (typeof value !== 'object' || value === null) return [path];
    return [
      path,
      ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key])),
    ];
  }

  function replaced(value: unknown, [key, ...rest]: readonly string[], wrong: unknown): unknown {
    if (key === undefined || typeof value !== 'object' || value === null) return wrong;
    const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
      ? [...value]
      : { ...value };
    Object.assign(copy, { [key]: replaced(Reflect.get(value, key), rest, wrong) });
    return copy;
  }

  test.each(places(degraded).map((path) => [path.join('.'), path] as const))(
    'a wrong value at "%s" is noticed',
    (_, path) => {
      expect(isStatusReport(replaced(degraded, path, undefined))).toBe(false);
      expect(isStatusReport(replaced(degraded, path, Symbol.for('wrong')))).toBe(false);
    },
  );
});
