// Builds elements; text is always set as text.

/**
 * @param {string} tag optionally with classes: `span.rule.quiet`
 * @param {...(Node | string | number | null | undefined | Record<string, unknown> | Array)} parts
 *   attributes as a plain object, children otherwise
 */
export function element(tag, ...parts) {
  const [name, ...classes] = tag.split('.');
  const made = document.createElement(name);
  if (classes.length > 0) made.className = classes.join(' ');
  for (const part of parts.flat()) {
    if (part === null || part === undefined) continue;
    if (part instanceof Node || typeof part !== 'object') made.append(part);
    else for (const [key, value] of Object.entries(part)) setAttribute(made, key, value);
  }
  return made;
}

function setAttribute(made, key, value) {
  if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
  else if (value === true) made.setAttribute(key, '');
  else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
}

export function byId(id) {
  return document.getElementById(id);
}

const shown = new Map();

/** Fills a place anew if what it is made from has changed, so that focus and selection stay. */
export function fill(id, data, build) {
  const key = JSON.stringify(data);
  if (shown.get(id) === key) return;
  shown.set(id, key);
  byId(id).replaceChildren(...[build()].flat());
}
