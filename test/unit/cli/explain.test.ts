import { describe, expect, test } from 'vitest';
import { nodeMachine } from '../../../machines/node/machine.ts';
import { rules } from '../../../machines/rules.ts';
import { commands } from '../../../src/cli/commands.ts';
import { findTopics } from '../../../src/cli/explain-search.ts';
import { type Topic, topicsOf } from '../../../src/cli/explain-topics.ts';
import { pathSentences, tagSentences } from '../../../src/cli/explain-words.ts';
import { renderTopic, renderTopicList } from '../../../src/cli/render-explain.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import { codes } from '../../../src/errors/codes.ts';
import { withDescendants } from '../../../src/visualize/chart.ts';
import { readChart } from '../../../src/visualize/read-chart.ts';

const chart = readChart('node', nodeMachine);
const states = withDescendants(chart.root);
const transitions = states.flatMap((state) => state.transitions);
const topics = topicsOf(chart);
const named = (word: string) => findTopics(word, topics).map(({ kind, id }) => `${kind} ${id}`);

async function e2d(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const exit = await runCli(args, {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    errIsTerminal: false,
  });
  return { exit, out: out.join(''), err: err.join('') };
}

describe('everything that e2d says can be explained:', () => {
  test.each(Object.entries(rules))('rule %s', (id, sentence) => {
    const [found] = findTopics(id, topics);
    expect(found).toMatchObject({ kind: 'rule', id, sentence });
  });

  test.each(states.map(({ id }) => id))('state %s', (id) => {
    const [found] = findTopics(id, topics);
    const state = states.find((one) => one.id === id);
    expect(found).toMatchObject({ kind: 'state', id, sentence: state?.description });
  });

  test.each(Object.entries(codes))('error code %s', (id, { sentence, remedy }) => {
    const details = { 'what to do': [remedy] };
    expect(findTopics(id, topics)).toMatchObject([{ kind: 'error code', sentence, details }]);
  });

  test.each(Object.keys(pathSentences))('path %s, with its rule and its state', (id) => {
    const [found] = findTopics(id, topics);
    expect(found?.details['rule']).toEqual([expect.stringMatching(/^S\d+$/)]);
    expect(found?.details['carried out in']).toHaveLength(1);
  });

  const words = new Set([
    ...transitions.map(({ guard }) => guard?.replace(/\(.*\)$/, '') ?? ''),
    ...transitions.filter(({ kind }) => kind === 'event').map(({ trigger }) => trigger),
    ...transitions
      .filter(({ kind }) => kind === 'delay')
      .map(({ trigger }) => trigger.replace('after ', '')),
    ...states.flatMap(({ invokes }) => invokes.map(({ src }) => src)),
  ]);
  words.delete('');
  test.each([...words])('%s', (word) => {
    const [found] = findTopics(word, topics);
    expect(Object.values(found?.details ?? {}).flat().length).toBeGreaterThan(0);
  });

  test('and each has a sentence that ends', () => {
    expect(topics.filter(({ sentence }) => !/^\S.*[.?]$/.test(sentence))).toEqual([]);
    const tags = new Set(states.flatMap((state) => state.tags));
    expect(Object.keys(tagSentences).sort()).toEqual([...tags].sort());
  });
});

describe('a word is found', () => {
  test.each([
    ['s11', ['rule S11']],
    ['e2d_refused', ['error code E2D_REFUSED']],
    ['refused', ['error code E2D_REFUSED']],
    ['healthy', ['state node.active.running.etcd.up.healthy']],
    ['UP.Healthy', ['state node.active.running.etcd.up.healthy']],
    ['running.etcd.up.healthy', ['state node.active.running.etcd.up.healthy']],
    ['active', ['state node.active']],
    ['stopping', ['state node.stopping']],
    ['join', ['path join']],
    ['decidedTo', ['guard decidedTo']],
  ])('%s', (word, found) => {
    expect(named(word)).toEqual(found);
  });

  test('or else told what it could be', () => {
    expect(() => named('requesting')).toThrow(
      '"requesting" could be node.active.joining.requesting or node.active.replacingSelf.requesting.',
    );
    expect(named('joining.requesting')).toEqual(['state node.active.joining.requesting']);
  });

  test.each([
    ['heathy', 'healthy'],
    ['S111', 'S11'],
    ['E2D_REFUSD', 'E2D_REFUSED'],
    ['gossip.chanegd', 'gossip.changed'],
  ])('%s is taken for a slip', (word, meant) => {
    expect(() => named(word)).toThrow(`e2d knows nothing called "${word}". Did you mean ${meant}?`);
  });
});

describe('e2d explain', () => {
  test('of a word says what it is, and more under headings', () => {
    const topic: Topic = {
      kind: 'rule',
      id: 'S14',
      sentence: 'One membership change at a time, and a capped number an hour.',
      details: {
        'states it explains': ['running.membership.capped'],
        'transitions it guards': ['removing: done: changeMembership [changeIsCapped] → capped'],
      },
    };
    expect(renderTopic(topic, { columns: 50, colour: false }).join('\n')).toBe(`S14  rule
One membership change at a time, and a capped
number an hour.

states it explains
  running.membership.capped

transitions it guards
  removing: done: changeMembership
    [changeIsCapped] → capped`);
  });

  test('of a rule names the transitions that serve it', () => {
    const [topic] = findTopics('S14', topics);
    expect(topic?.details['transitions it guards']).toContainEqual(
      expect.stringContaining('[changeIsCapped] (S14) → active.running.membership.capped'),
    );
  });

  test.each([40, 100])('fits on %i columns', (columns) => {
    const screen = { columns, colour: false };
    const lines = [renderTopicList(topics, screen), topics.map((one) => renderTopic(one, screen))];
    for (const line of lines.flat(2)) expect(line.length, line).toBeLessThanOrEqual(columns);
  });

  test('of nothing lists all there is', async () => {
    const { exit, out } = await e2d('explain');
    expect(exit).toBe(0);
    for (const { id } of topics.filter(({ kind }) => kind !== 'state')) expect(out).toContain(id);
  });

  test('--json is for a program', async () => {
    const { exit, out } = await e2d('explain', 'S3', '--json');
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject([{ kind: 'rule', id: 'S3', sentence: rules.S3 }]);
  });

  test('of an unknown word is refused', async () => {
    expect(await e2d('explain', 'xyzzy')).toEqual({
      exit: 2,
      out: '',
      err: 'e2d: e2d knows nothing called "xyzzy".\n"e2d explain" lists all that can be explained.\n',
    });
  });

  test('is offered every rule and every code by the shell', () => {
    const offers = commands.find(({ words }) => words[0] === 'explain')?.argument?.offers ?? [];
    expect(offers.flatMap((word) => named(word))).toHaveLength(offers.length);
    expect(offers).toEqual(expect.arrayContaining(['S21', 'E2D_REFUSED']));
  });
});
