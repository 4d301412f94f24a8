import { describe, expect, test } from 'vitest';
import type { Identity, Member } from '../../../machines/facts.ts';
import { etcdArguments } from '../../../src/etcd/flags/etcd-arguments.ts';
import { poolConfig } from '../../../src/node/peer-gossip.ts';
import { etcdTlsFlags } from '../../../src/node/tls.ts';
import { refuseStep } from '../../../src/node/tls-migration/admit.ts';
import { progressSentence } from '../../../src/node/tls-migration/progress.ts';
import type { Register } from '../../../src/node/tls-migration/register.ts';
import { peerUrlsAt, type Standing, standingOf } from '../../../src/node/tls-migration/standing.ts';
import { identity } from '../../support/builders.ts';
import { allTlsFiles, load, readableTlsFiles } from '../config/machine.ts';

type Step = 'plain' | 'prepare' | 'switch' | 'done';

const [plainPeer, securePeer] = ['http://10.0.0.5:2380', 'https://10.0.0.5:2380'];
const [plainClient, secureClient] = ['http://10.0.0.5:2379', 'https://10.0.0.5:2379'];

function at(step: Step) {
  const flags = { host: '10.0.0.5', 'required-cluster-size': '3', 'bootstrap-addrs': '10.0.0.6' };
  if (step === 'plain') return load({ flags });
  const migration = step === 'done' ? {} : { 'tls-migration': step };
  return load({ flags: { ...flags, ...allTlsFiles, ...migration }, files: readableTlsFiles });
}

describe('what etcd is started with', () => {
  const flagsAt = async (step: Step) => {
    const { urls, tls } = await at(step);
    const args = etcdArguments({
      ...{ name: 'a', dataDir: '/data', launch: null, etcdVersion: '3.6.14' },
      ...{ listenPeerUrls: urls.peerListen, advertisePeerUrls: [urls.peerAdvertise] },
      ...{ listenClientUrls: urls.clientListen, advertiseClientUrls: [urls.clientAdvertise] },
      ...etcdTlsFlags(tls),
    });
    const of = (flag: string) =>
      args.find((one) => one.startsWith(`--${flag}=`))?.slice(flag.length + 3);
    return [
      of('listen-client-urls')?.split(',').slice(0, -1).slice(0, 2).map(schemeOf).join(),
      schemeOf(of('advertise-client-urls') ?? ''),
      schemeOf(of('listen-peer-urls') ?? ''),
      of('client-cert-auth') ?? 'false',
      of('peer-client-cert-auth') ?? 'false',
      of('peer-cert-file') ?? 'none',
    ];
  };

  test.each<[Step, readonly string[]]>([
    ['plain', ['http', 'http', 'http', 'false', 'false', 'none']],
    ['prepare', ['http,https', 'http', 'http', 'true', 'true', '/srv/peer.crt']],
    ['switch', ['http,https', 'https', 'https', 'true', 'true', '/srv/peer.crt']],
    ['done', ['https', 'https', 'https', 'true', 'true', '/srv/peer.crt']],
  ])('%s', async (step, flags) => expect(await flagsAt(step)).toEqual(flags));
});

function schemeOf(url: string): string {
  return url.split(':')[0] ?? '';
}

test.each<[Step, readonly string[], string]>([
  ['plain', [plainPeer], 'refused'],
  ['prepare', [plainPeer, securePeer], 'sent'],
  ['switch', [plainPeer, securePeer], 'accepted'],
  ['done', [securePeer], 'refused'],
])('%s: others look for the member at %s, and plain gossip is %s', async (step, urls, plain) => {
  const config = await at(step);
  expect(peerUrlsAt(config)).toEqual(urls);
  expect(poolConfig(config, 'a').settings?.plaintext).toBe(plain);
});

test.each<[Standing, readonly string[], readonly string[]]>([
  ['plain', [plainPeer], [plainClient]],
  ['plain', [plainPeer], []],
  ['prepared', [plainPeer, securePeer], [plainClient]],
  ['switched', [plainPeer, securePeer], [secureClient]],
  ['done', [securePeer], [secureClient]],
])('%s is a member at %s with clients at %s', (standing, peerUrls, clientUrls) => {
  const member: Member = { id: 'm', name: 'n', learner: false, peerUrls, clientUrls };
  expect(standingOf(member)).toBe(standing);
});

describe('a step that cuts a member off is refused', () => {
  const known = (peerUrl: string, changes: Partial<Identity> = {}) =>
    identity('a', { memberId: 'ma', peerUrl, ...changes });
  const register = (own: readonly string[], ...others: readonly Standing[]): Register => ({
    ownPeerUrls: [...own],
    others: others.map((standing, index) => ({ name: `n${index + 2}`, standing })),
  });
  const both = [plainPeer, securePeer];

  test.each<[string, Step, Identity | null, Register | null, RegExp | null]>([
    ['a new node', 'done', null, null, null],
    ['one that nobody counts on', 'done', known(plainPeer, { memberId: null }), null, null],
    ['another address: not our business', 'done', known('http://10.0.0.9:2380'), null, null],
    ['plain stays plain', 'plain', known(plainPeer), null, null],
    ['the first step', 'prepare', known(plainPeer), null, null],
    ['TLS at once', 'done', known(plainPeer), null, /over plain HTTP only/],
    ['switch at once', 'switch', known(plainPeer), null, /over plain HTTP only/],
    ['switch before it is known', 'switch', known(plainPeer), register([plainPeer]), /plain HTTP/],
    [
      'switch while another is plain',
      'switch',
      known(plainPeer),
      register(both, 'prepared', 'plain'),
      /^Not every member can talk TLS to this node yet: n3\.$/,
    ],
    ['switch', 'switch', known(plainPeer), register(both, 'prepared', 'switched'), null],
    ['the end at once', 'done', known(plainPeer), register(both, 'prepared', 'prepared'), null],
    ['the end', 'done', known(securePeer), register(both, 'switched', 'done'), null],
    ['back to prepare', 'prepare', known(securePeer), register(both, 'switched', 'done'), null],
    [
      'back to prepare from the end',
      'prepare',
      known(securePeer),
      register([securePeer], 'done', 'done'),
      /look for this node over TLS only/,
    ],
    ['back to plain from the end', 'plain', known(securePeer), null, /over TLS only/],
    ['back to plain', 'plain', known(plainPeer), register(both, 'prepared', 'plain'), null],
    [
      'back to plain too early',
      'plain',
      known(plainPeer),
      register(both, 'prepared', 'switched'),
      /could not reach members that listen over TLS: n3\.$/,
    ],
  ])('%s: %s', async (_, step, who, seen, sentence) => {
    const refusal = refuseStep(await at(step), who, seen);
    if (sentence === null) expect(refusal).toBeNull();
    else expect(refusal?.sentence).toMatch(sentence);
  });
});

describe('how far the cluster is', () => {
  const members = (...all: readonly Standing[]) =>
    all.map((standing, index) => ({ name: `n${index + 1}`, standing }));

  test.each<[readonly Standing[], string | null]>([
    [['plain', 'plain', 'plain'], null],
    [['done', 'done', 'done'], null],
    [
      ['prepared', 'plain', 'plain'],
      'TLS migration: n2, n3 plain; n1 prepared. Next: restart n2, n3 with --tls-migration=prepare, one at a time',
    ],
    [
      ['switched', 'prepared', 'prepared'],
      'TLS migration: n2, n3 prepared; n1 switched to TLS among members. Next: restart n2, n3 with --tls-migration=switch, one at a time',
    ],
    [
      ['done', 'switched', 'done'],
      'TLS migration: n2 switched to TLS among members; n1, n3 done. Plain HTTP is still served to clients: let them all use https, then restart n2 without --tls-migration, one at a time',
    ],
  ])('%j', (standings, sentence) => {
    expect(progressSentence(members(...standings))).toBe(sentence);
  });
});
