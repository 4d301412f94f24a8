import { describe, expect, test } from 'vitest';
import { castOf, type MembersGiven } from '../../../src/cli/restore-cast.ts';
import type { NodeConfig } from '../../../src/config/node-config.ts';

const own = 'http://10.0.0.1:2380';
const three = `a=${own},b=http://10.0.0.2:2380,c=http://10.0.0.3:2380`;

function cast(given: Partial<MembersGiven>, name: string | null = null, requiredSize = 3) {
  const config = { name, requiredSize, urls: { peerAdvertise: own } } as NodeConfig;
  const nothing = { initialCluster: undefined, token: undefined, isLatest: false };
  return castOf({ ...nothing, drawToken: () => 'drawn', ...given }, config, null);
}

describe('who is what after a restore by hand', () => {
  test('one node alone, under its name, with a token that is drawn', () => {
    const members = [{ name: 'm1', peerUrl: own }];
    expect(cast({}, 'm1', 1)).toEqual({ token: 'drawn', name: 'm1', members });
    expect(cast({ token: 'given' }, 'm1')).toMatchObject({ token: 'given', members });
  });

  test('several, of which this is the one at its peer URL', () => {
    const found = cast({ initialCluster: `${three}/`, token: 'given' });
    expect(found).toMatchObject({ token: 'given', name: 'a' });
    expect(found.members.map(({ peerUrl }) => peerUrl)).toContain('http://10.0.0.3:2380');
  });

  test.each<[Partial<MembersGiven>, string | null, RegExp]>([
    [{ initialCluster: three }, null, /needs an --initial-cluster-token .* such as drawn\./],
    [{ initialCluster: three, token: 't', isLatest: true }, null, /"latest" may be another/],
    [{ initialCluster: three, token: 't' }, 'b', /calls this node a, and --name says b\./],
    [{ initialCluster: `a=${own}`, token: 't' }, null, /names 1 members, and -n is 3\./],
    [
      { initialCluster: three.replace(own, 'http://10.9.9.9:2380'), token: 't' },
      null,
      /names no member at http:\/\/10\.0\.0\.1:2380/,
    ],
    [{ initialCluster: three.replace('b=', 'a='), token: 't' }, null, /names a member twice\./],
  ])('%j does not fit', (given, name, said) => {
    expect(() => cast(given, name)).toThrow(said);
  });
});
