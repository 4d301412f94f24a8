/** What an action or guard is called that was written into the chart instead of being named. */
export const ANONYMOUS = '(anonymous)';

/**
 * The name of a guard as XState keeps it: a name, a name with parameters, or a combination of
 * guards, which reads `a and not b`.
 */
export function nameOfGuard(guard: unknown): string {
  if (typeof guard !== 'function') {
    return nameOf(withKnownParameters(guard));
  }
  if ('stateValue' in guard) {
    return `in ${stateText(guard.stateValue)}`;
  }
  const parts = 'guards' in guard && Array.isArray(guard.guards) ? guard.guards : null;
  if (parts === null || !['and', 'or', 'not'].includes(guard.name)) {
    return ANONYMOUS;
  }
  const names = parts.map((part) =>
    isAlternative(part) ? `(${nameOfGuard(part)})` : nameOfGuard(part),
  );
  return guard.name === 'not' ? `not ${names.join('')}` : names.join(` ${guard.name} `);
}

/**
 * Of computed parameters, those that do not depend on the event or the context are part of the
 * name: `exitIs(corrupt-data)`.
 */
function withKnownParameters(guard: unknown): unknown {
  if (typeof guard !== 'object' || guard === null || !('params' in guard)) {
    return guard;
  }
  const { params } = guard;
  if (typeof params !== 'function') {
    return guard;
  }
  try {
    return { ...guard, params: params({ context: UNKNOWN, event: UNKNOWN }) };
  } catch {
    return guard;
  }
}

/** Has every property, and each is unknown too. */
const UNKNOWN: unknown = new Proxy(() => UNKNOWN, { get: () => UNKNOWN });

/** The name of an action; a raised event reads `raise event.name`. */
export function nameOfAction(action: unknown): string {
  if (typeof action !== 'function') {
    return nameOf(action);
  }
  const isRaise = 'type' in action && action.type === 'xstate.raise';
  const event = isRaise && 'event' in action ? action.event : null;
  return typeof event === 'object' && event !== null && 'type' in event
    ? `raise ${String(event.type)}`
    : ANONYMOUS;
}

/** `and` and `or` inside another combination need brackets. */
function isAlternative(guard: unknown): boolean {
  return typeof guard === 'function' && (guard.name === 'and' || guard.name === 'or');
}

function nameOf(named: unknown): string {
  if (typeof named === 'string') {
    return named;
  }
  if (typeof named !== 'object' || named === null || !('type' in named)) {
    return ANONYMOUS;
  }
  return `${String(named.type)}${'params' in named ? parametersText(named.params) : ''}`;
}

/**
 * Parameters that are plain values are part of the name, a single one without its own name;
 * computed ones are not shown.
 */
function parametersText(parameters: unknown): string {
  if (isPlain(parameters)) {
    return `(${String(parameters)})`;
  }
  const known = Object.entries(parameters ?? {}).filter(([, value]) => isPlain(value));
  const [only] = known;
  if (known.length === 1 && only !== undefined) {
    return `(${String(only[1])})`;
  }
  const texts = known.map(([key, value]) => `${key}: ${String(value)}`);
  return texts.length === 0 ? '' : `(${texts.join(', ')})`;
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function stateText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
