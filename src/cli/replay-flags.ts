import { choice, type Kind, text, toggle } from '../config/kinds.ts';
import { option } from '../config/option.ts';
import { moment } from './replay-moment.ts';

/** A switch that may be given a file: `--svg`, `--svg=now.svg`. */
const svgSwitch: Kind<string> = { ...text, placeholder: null };
const assignment: Kind<string> = {
  allowed: 'KEY=VALUE, such as health-check-timeout=1m',
  placeholder: 'KEY=VALUE',
  parse: (given) => (/^[^=]+=./s.test(given) ? given : undefined),
};

export const replayFlags = {
  until: option(moment, {
    group: 'Output',
    help: 'the last moment to look at: an entry, a time, or a duration from the start',
    defaultNote: 'the end',
  }),
  from: option(moment, {
    group: 'Output',
    help: 'the first moment to show and compare',
    defaultNote: 'the start',
  }),
  states: option(toggle, { group: 'Output', help: 'one line for each transition' }),
  why: option(moment, {
    group: 'Output',
    help: 'the event, facts, rule and reason behind the state at this moment',
  }),
  svg: option(svgSwitch, {
    group: 'Output',
    help: 'the chart with the states marked that are active at --until; --svg=FILE writes a file',
  }),
  format: option(choice('text', 'mermaid', 'svg', 'json'), {
    group: 'Output',
    help: 'text or json for what is said; mermaid or svg for a picture of the chart',
    default: 'text',
  }),
  'what-if': option(assignment, {
    group: 'Output',
    help: 'the same inputs under another configuration: the first decision that differs',
  }),
} as const;
