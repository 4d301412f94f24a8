// Which arrows of a picture a step went along.

/**
 * @param {{from: string, to: string, events: string[]}[]} arrows of one picture
 * @param {string[]} before ids of the states that were active
 * @param {string[]} after ids of those that are
 * @param {string} event the event's type
 */
export function arrowsTaken(arrows, before, after, event) {
  const entered = new Set(after.filter((id) => !before.includes(id)));
  const direct = arrows.filter(({ from, to }) => before.includes(from) && entered.has(to));
  const named = direct.filter(({ events }) => events.some((name) => isOf(name, event)));
  if (named.length > 0) return named;
  const silent = direct.filter(({ events }) => events.includes('always'));
  if (silent.length > 0) return silent;
  return direct.length > 0 ? direct : passingThrough(arrows, before, after, entered);
}

/** A step may pass through a state without staying in it. */
function passingThrough(arrows, before, after, entered) {
  for (const first of arrows.filter(({ from }) => before.includes(from))) {
    if (before.includes(first.to) || after.includes(first.to)) continue;
    const second = arrows.find(({ from, to }) => from === first.to && entered.has(to));
    if (second !== undefined) return [first, second];
  }
  return [];
}

/** Pictures say `done: prepare` and `after retry` where events have XState's names. */
function isOf(name, event) {
  const [, family, subject = ''] =
    /^xstate\.(after|done|error)\.(?:actor\.|state\.)?(.+)$/.exec(event) ?? [];
  switch (family) {
    case 'after':
      return name.startsWith('after ') && subject.startsWith(`${name.slice(6)}.`);
    case 'done':
    case 'error':
      return name === `${family}: ${subject}` || (name === family && subject !== '');
    default:
      return name === event;
  }
}
