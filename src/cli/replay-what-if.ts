import type { NodeSettings } from '../../machines/node/context.ts';
import type { Kind } from '../config/kinds.ts';
import { findOption, type OptionName, options } from '../config/options.ts';
import { didYouMean } from '../config/suggest.ts';
import type { Conduct } from '../journal/replay/conduct.ts';
import { effectWords } from '../journal/replay/divergence.ts';
import { eventSentence } from '../journal/replay/event-words.ts';
import type { Instant } from '../journal/replay/timeline.ts';
import type { ConductDifference } from '../journal/replay/what-if.ts';

type Change = (settings: NodeSettings) => NodeSettings;

/** How an option shows in the chart's settings. */
interface Setting {
  readonly allowed: string;
  readonly read: (text: string) => Change | undefined;
}

function setting<T>(
  kind: Kind<T>,
  apply: (settings: NodeSettings, value: T) => NodeSettings,
): Setting {
  return {
    allowed: kind.allowed,
    read: (text) => {
      const value = kind.parse(text);
      return value === undefined ? undefined : (settings) => apply(settings, value);
    },
  };
}

function policySetting(kind: Kind<number>, name: keyof NodeSettings['policy']): Setting {
  return setting(kind, (settings, value) => ({
    ...settings,
    policy: { ...settings.policy, [name]: value },
  }));
}

/** The options that reach the chart; all others change nothing in what it decides. */
const settings: Partial<Readonly<Record<OptionName, Setting>>> = {
  'required-cluster-size': setting(options['required-cluster-size'].kind, (all, requiredSize) => ({
    ...all,
    requiredSize,
  })),
  'health-check-timeout': policySetting(
    options['health-check-timeout'].kind,
    'healthCheckTimeoutMs',
  ),
  'learner-timeout': policySetting(options['learner-timeout'].kind, 'learnerTimeoutMs'),
  'max-removals-per-hour': policySetting(
    options['max-removals-per-hour'].kind,
    'maxRemovalsPerHour',
  ),
  'bootstrap-timeout': setting(options['bootstrap-timeout'].kind, (all, bootstrapTimeoutMs) => ({
    ...all,
    bootstrapTimeoutMs,
  })),
  'on-exit': setting(options['on-exit'].kind, (all, onExit) => ({
    ...all,
    keepEtcdOnExit: onExit === 'keep-etcd',
  })),
};

/** Reads `KEY=VALUE` texts into one change of the settings; what is wrong goes to `problems`. */
export function readChanges(texts: readonly string[], problems: string[]): Change {
  const changes = texts.flatMap((text) => {
    const equals = text.indexOf('=');
    const [key, value] = [text.slice(0, equals).replace(/^-+/, ''), text.slice(equals + 1)];
    const name = key === 'n' ? 'required-cluster-size' : findOption(key);
    const known = name === undefined ? undefined : settings[name];
    if (known === undefined) {
      const names = Object.keys(settings);
      problems.push(
        `--what-if "${key}" is no option that the chart's decisions depend on.${didYouMean(key, names)} ` +
          `These are: ${names.join(', ')}.`,
      );
      return [];
    }
    const change = known.read(value);
    if (change === undefined)
      problems.push(`--what-if ${key} "${value}" must be ${known.allowed}.`);
    return change === undefined ? [] : [change];
  });
  return (all) => changes.reduce((changed, change) => change(changed), all);
}

/** The first difference, the recorded and the other side line by line. */
export function renderDifference(
  { run, entry, wallMs }: Instant,
  difference: ConductDifference,
): readonly string[] {
  const { recorded, instead, because, seq } = difference;
  const atMs = wallMs + difference.atMs - entry.atMs;
  return [
    `${run.label} would have done otherwise at entry ${seq}, ${new Date(atMs).toISOString()}.`,
    because === null ? eventSentence(difference.event) : `There, ${because}.`,
    '',
    ...sides('State', [recorded.state], [instead.state]),
    ...sides('Decision', decisionLines(recorded), decisionLines(instead)),
    ...sides('Effects', effectLines(recorded), effectLines(instead)),
  ];
}

function sides(
  title: string,
  recorded: readonly string[],
  instead: readonly string[],
): readonly string[] {
  if (recorded.join('\n') === instead.join('\n')) {
    return [`${title}, both`, ...recorded.map((line) => `  ${line}`)];
  }
  return [
    `${title}, as recorded`,
    ...recorded.map((line) => `  ${line}`),
    `${title}, with --what-if`,
    ...instead.map((line) => `  ${line}`),
  ];
}

function decisionLines({ decision }: Conduct): readonly string[] {
  if (decision === null) return ['none yet'];
  const path = decision.kind === 'act' ? ` by ${decision.path}` : '';
  return [`${decision.kind}${path} (${decision.rule}): ${decision.reason}`];
}

function effectLines({ effects }: Conduct): readonly string[] {
  return effects.length === 0 ? ['none'] : effects.map(effectWords);
}

/** The same, for a program. */
export function differenceRecord(
  { run, entry, wallMs }: Instant,
  difference: ConductDifference,
): object {
  const atMs = wallMs + difference.atMs - entry.atMs;
  return { run: run.label, node: run.node, time: new Date(atMs).toISOString(), ...difference };
}
