import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlanVote } from '../../../machines/facts.ts';
import type { Announcement } from '../../../machines/node/announcement.ts';
import { decodeAnnouncement, encodeAnnouncement } from '../../../src/node/announcement-codec.ts';
import { peer } from '../../support/builders.ts';

const { liveness: _, ...announced } = peer('a', {
  status: 'running',
  data: 'readable',
  clusterId: '549adaf1535ccb6',
  lineage: '95499ed930b1fb54.0-af3742096594f58d',
  unreachable: ['d674adfb371f33a7'],
});
const announcement: Announcement = announced;

function encoded(changes: Partial<Announcement> = {}): Uint8Array {
  const bytes = encodeAnnouncement({ ...announcement, ...changes });
  if (bytes === null) throw new Error('it is too long');
  return bytes;
}

const ownLineage = '95499ed930b1fb54.0-af3742096594f58d';
const nonce = '0123456789abcdef.12';
const planId = `${nonce}-fedcba9876543210`;

/** A vote with as long a proposal as there is, by this many nodes. */
function proposing(size: number, replaces?: string): PlanVote {
  const snapshot = {
    id: '2026-11-21T10:00:00Z-000000012345-a1b2c3',
    sha256: '0123456789abcdef'.repeat(4),
    revision: 123_456_789_012,
    ...(replaces === undefined ? {} : { replaces }),
  };
  const nodeIds = Array.from({ length: size }, (_, at) => `0123456789a${at}`);
  return { id: planId, stage: 'acknowledged', proposal: { nonce, nodeIds, snapshot } };
}

describe('an announcement', () => {
  test.each<[string, Partial<Announcement>]>([
    ['of a running node', {}],
    [
      'of a node that knows nothing yet',
      { clusterId: null, lineage: null, status: 'surveying', data: 'none' },
    ],
    ['with a vote', { plan: { id: 'p1', stage: 'acknowledged' } }],
    [
      'with a proposal',
      {
        plan: { id: 'p1', stage: 'committed', proposal: { nonce: 'n', nodeIds: ['x', 'y', 'z'] } },
      },
    ],
    ['with the vote that its lineage is of', { plan: { id: ownLineage, stage: 'launched' } }],
    ['with a proposal to restore', { lineage: null, plan: proposing(3) }],
    ['with a proposal to go back', { plan: proposing(3, ownLineage) }],
    [
      'with a proposal that replaces another lineage than its own',
      { plan: { ...proposing(3, 'l9'), id: 'without nonce' } },
    ],
    [
      'with a launched plan that replaced a lineage',
      { lineage: planId, plan: { ...proposing(3, 'l9'), stage: 'launched' } },
    ],
  ])('%s comes back as it was', (_, changes) => {
    expect(decodeAnnouncement(encoded(changes))).toEqual({ ...announcement, ...changes });
  });

  test('fits into gossip metadata at its largest: seven nodes, IPv6, and a proposal', () => {
    const plan = {
      id: '95499ed930b1fb54.0-af3742096594f58d',
      stage: 'acknowledged',
      proposal: { nonce: '95499ed930b1fb54.0', nodeIds: Array(7).fill('0123456789ab') },
    } as const;
    const url = (port: number) => `https://[2001:db8:1234:5678:9abc:def0:1234:5678]:${port}`;
    const bytes = encoded({
      plan,
      peerUrl: url(2380),
      clientUrl: url(2379),
      clusterId: null,
      lineage: null,
    });
    expect(bytes.length).toBeLessThanOrEqual(512);
  });

  test.each(
    [3, 5, 7].flatMap((size) =>
      [
        '[2001:db8:1234:5678:9abc:def0:1234:5678]',
        'etcd-node-03.prod-eu-central-1.example.org',
      ].map((host) => [size, host] as const),
    ),
  )('fits with a proposal of %i nodes to go back, at %s', (requiredSize, host) => {
    const sizes = (['acknowledged', 'launched'] as const).map((stage) => {
      const isLaunched = stage === 'launched';
      const bytes = encoded({
        requiredSize,
        name: 'etcd-node-03',
        status: 'restoring',
        clusterId: isLaunched ? null : 'cdf818194e3a8c32',
        lineage: isLaunched ? planId : ownLineage,
        plan: { ...proposing(requiredSize, ownLineage), stage },
        peerUrl: `https://${host}:2380`,
        clientUrl: `https://${host}:2379`,
        unreachable: [],
      });
      return bytes.length;
    });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(512);
  });

  test('drops names of silent members before it grows too long', () => {
    const unreachable = Array.from({ length: 60 }, (_, index) => `d674adfb371f33${index + 10}`);
    const decoded = decodeAnnouncement(encoded({ unreachable }));
    expect(decoded?.unreachable.length).toBeGreaterThan(5);
    expect(decoded?.unreachable.length).toBeLessThan(60);
  });

  test('that cannot fit is refused', () => {
    const name = 'n'.repeat(500);
    expect(encodeAnnouncement({ ...announcement, name })).toBeNull();
  });

  test('of a later version with more fields is read', () => {
    const fields = JSON.parse(new TextDecoder().decode(encoded()));
    const later = new TextEncoder().encode(JSON.stringify([...fields, 'more']));
    expect(decodeAnnouncement(later)).toEqual(announcement);
  });
});

describe('metadata of others', () => {
  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['serf tags', Uint8Array.from([0xff, 0x81, 0xa1, 0x61, 0xa1, 0x62])],
    ['another format', new TextEncoder().encode('["e2d9","id"]')],
    [
      'a status that does not exist',
      new TextEncoder().encode(
        JSON.stringify(['e2d1', 'id', 'a', '', '', 3, 99, 0, null, null, null, [], '', '']),
      ),
    ],
    [
      'a name that is no text',
      new TextEncoder().encode(
        JSON.stringify(['e2d1', 'id', 7, '', '', 3, 0, 0, null, null, null, [], '', '']),
      ),
    ],
  ])('is none of ours: %s', (_, bytes) => {
    expect(decodeAnnouncement(bytes)).toBeNull();
  });

  test('never throws, whatever it is', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
      fc.tuple(fc.nat(400), fc.nat(255)).map(([at, value]) => {
        const hurt = Uint8Array.from(encoded());
        hurt[at % hurt.length] = value;
        return hurt;
      }),
    );
    fc.assert(
      fc.property(bytes, (metadata) => {
        const decoded = decodeAnnouncement(metadata);
        expect(decoded === null || typeof decoded.nodeId === 'string').toBe(true);
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });
});
