/** What an action or guard is called that was written into the chart instead of being named. */
export const ANONYMOUS = '(anonymous)';

/**
 * The name of a guard as XState keeps it: a name, a name with parameters, or a combination of
 * guards, which reads `a and not b`.
 */
export function nameOfGuard(guard: unknown): string {
  if (typeof guard !== 'function') {
    return nameOf(guard);
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

/** Parameters that are plain values are part of the name; computed ones are not shown. */
function parametersText(parameters: unknown): string {
  if (isPlain(parameters)) {
    return `(${String(parameters)})`;
  }
  const texts = Object.entries(parameters ?? {})
    .filter(([, value]) => isPlain(value))
    .map(([key, value]) => `${key}: ${String(value)}`);
  return texts.length === 0 ? '' : `(${texts.join(', ')})`;
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function stateText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
