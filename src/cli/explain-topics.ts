import { rules } from '../../machines/rules.ts';
import { codes } from '../errors/codes.ts';
import {
  type Chart,
  type ChartState,
  type ChartTransition,
  shortId,
  withDescendants,
} from '../visualize/chart.ts';
import { arrowText } from '../visualize/labels.ts';
import {
  effectSentences,
  eventSentences,
  observerSentences,
  pathSentences,
  tagSentences,
} from './explain-words.ts';

const kinds = [
  'rule',
  'state',
  'path',
  'event',
  'effect',
  'observer',
  'guard',
  'delay',
  'error code',
] as const;
export type TopicKind = (typeof kinds)[number];

/** Something that can be explained. */
export interface Topic {
  readonly kind: TopicKind;
  readonly id: string;
  readonly sentence: string;
  /** More of it, under headings; without those that have nothing to say. */
  readonly details: Readonly<Record<string, readonly string[]>>;
}

/** All topics, in the order of their lists. */
export function topicsOf(chart: Chart): readonly Topic[] {
  const book = readBook(chart);
  const topics = [
    ...Object.entries(rules).map(([id, sentence]) => ruleTopic(book, id, sentence)),
    ...book.states.map((state) => stateTopic(book, state)),
    ...Object.entries(pathSentences).map(([id, sentence]) => pathTopic(book, id, sentence)),
    ...Object.entries(eventSentences).map(([id, sentence]) => eventTopic(book, id, sentence)),
    ...Object.entries(effectSentences).map(([id, sentence]) =>
      actorTopic(book, 'effect', { id, sentence }),
    ),
    ...Object.entries(observerSentences).map(([id, sentence]) =>
      actorTopic(book, 'observer', { id, sentence }),
    ),
    ...guardTopics(book),
    ...delayTopics(book),
    ...Object.entries(codes).map(([id, { sentence, remedy, exit }]) =>
      topic('error code', id, sentence, { 'what to do': [remedy], 'exit code': [String(exit)] }),
    ),
  ];
  return topics;
}

/** A chart, read for its words. */
interface Book {
  readonly chart: Chart;
  readonly states: readonly ChartState[];
  readonly transitions: readonly ChartTransition[];
}

function readBook(chart: Chart): Book {
  const states = withDescendants(chart.root);
  return { chart, states, transitions: states.flatMap(({ transitions }) => transitions) };
}

function topic(
  kind: TopicKind,
  id: string,
  sentence: string,
  details: Topic['details'] = {},
): Topic {
  const said = Object.entries(details).filter(([, lines]) => lines.length > 0);
  return { kind, id, sentence, details: Object.fromEntries(said) };
}

function ruleTopic(book: Book, id: string, sentence: string): Topic {
  const served = book.transitions.filter(({ rules: named }) => named.includes(id));
  const states = book.states.filter(({ description }) => description?.includes(`(${id})`));
  return topic('rule', id, sentence, {
    'states it explains': states.map((state) => shortId(book.chart, state.id)),
    'transitions it guards': served.map((one) => sentenceOf(book, one)),
  });
}

function stateTopic(book: Book, state: ChartState): Topic {
  const { chart } = book;
  const inner = state.states.map(({ key, id }) => (id === state.initial ? `${key} (first)` : key));
  const short = (id: string) => shortId(chart, id);
  const ways = state.transitions.map((one) => `${arrowText(one)} ${targetsOf(book, one)}`);
  const into = book.transitions.filter(({ targets }) => targets.includes(state.id));
  return topic('state', state.id, state.description ?? `The state ${short(state.id)}.`, {
    tags: state.tags.map((tag) => `${tag}: ${tagSentences[tag] ?? 'a tag of the chart'}`),
    runs: state.invokes.map(({ id, src }) => (id === src ? src : `${id} (${src})`)),
    'has inside': inner,
    'ways out': ways,
    'ways in': into.map((one) => `from ${short(one.source)}: ${arrowText(one)}`),
  });
}

function pathTopic(book: Book, id: string, sentence: string): Topic {
  const chosen = book.transitions.filter(({ guard }) => guard === `decidedTo(${id})`);
  return topic('path', id, sentence, {
    rule: chosen.flatMap(({ rules: named }) => named),
    'carried out in': chosen.flatMap(({ targets }) => targets.map((to) => shortId(book.chart, to))),
  });
}

function eventTopic(book: Book, id: string, sentence: string): Topic {
  const taken = book.transitions.filter(({ trigger }) => trigger === id);
  return topic('event', id, sentence, { 'taken by': taken.map((one) => sentenceOf(book, one)) });
}

function actorTopic(
  book: Book,
  kind: 'effect' | 'observer',
  { id, sentence }: { readonly id: string; readonly sentence: string },
): Topic {
  const states = book.states.filter(({ invokes }) => invokes.some(({ src }) => src === id));
  const runs = states.map((state) => shortId(book.chart, state.id));
  return topic(kind, id, sentence, { 'runs in': runs });
}

function guardTopics(book: Book): readonly Topic[] {
  const nameOf = (guard: string) => guard.replace(/\(.*\)$/, '');
  const names = book.transitions.flatMap(({ guard }) => (guard === null ? [] : [nameOf(guard)]));
  return [...new Set(names)].map((name) => {
    const guarded = book.transitions.filter(({ guard }) => guard && nameOf(guard) === name);
    return topic('guard', name, `Lets a transition happen only if it holds: ${inWords(name)}.`, {
      'transitions it guards': guarded.map((one) => sentenceOf(book, one)),
    });
  });
}

function delayTopics(book: Book): readonly Topic[] {
  const delayed = book.transitions.filter(({ kind }) => kind === 'delay');
  const names = new Set(delayed.map(({ trigger }) => trigger.replace(/^after /, '')));
  return [...names].map((name) =>
    topic('delay', name, `A time that the node waits: ${inWords(name)}.`, {
      'ends in': delayed
        .filter(({ trigger }) => trigger === `after ${name}`)
        .map((one) => sentenceOf(book, one)),
    }),
  );
}

/** `active.deciding: always [decisionRefuses] (S7) → failed`. */
function sentenceOf(book: Book, transition: ChartTransition): string {
  const { source } = transition;
  return `${shortId(book.chart, source)}: ${arrowText(transition)} ${targetsOf(book, transition)}`;
}

function targetsOf({ chart }: Book, { targets }: ChartTransition): string {
  return targets.length === 0
    ? '(stays)'
    : `→ ${targets.map((id) => shortId(chart, id)).join(', ')}`;
}

/** `changeIsDone` as `change is done`. */
function inWords(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, (_, end, start) => `${end} ${start.toLowerCase()}`);
}
