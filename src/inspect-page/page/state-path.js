// States as one line, as e2d writes them: `active.running`, parallel regions in parentheses.

/**
 * The ids of all states that a line names, parents included, in the order of the line.
 * @param {string} root the chart's own id
 * @param {string} line such as `active.running.(etcd.up.healthy quorum.held)`
 * @returns {string[]}
 */
export function activeIds(root, line) {
  const ids = [root];
  let at = 0;
  const readParts = (parent) => {
    if (line[at] !== '(') return readPart(parent);
    at += 1;
    while (at < line.length && line[at] !== ')') {
      if (line[at] === ' ') at += 1;
      else readPart(parent);
    }
    at += 1;
  };
  const readPart = (parent) => {
    const start = at;
    while (at < line.length && !'. ()'.includes(line[at])) at += 1;
    if (at === start) {
      at += 1;
      return;
    }
    const id = `${parent}.${line.slice(start, at)}`;
    ids.push(id);
    if (line[at] === '.') {
      at += 1;
      readParts(id);
    }
  };
  if (line !== '') readParts(root);
  return ids;
}

/** The ids that have no other active one inside them. */
export function leavesOf(ids) {
  return ids.filter((id) => !ids.some((other) => other.startsWith(`${id}.`)));
}

/** `node.active.running` without the chart's own name. */
export function shortId(id) {
  return id.slice(id.indexOf('.') + 1);
}

export function parentOf(id) {
  return id.slice(0, Math.max(0, id.lastIndexOf('.')));
}

/** The innermost state that all of these are inside of. */
export function commonParent(ids) {
  let shared = parentOf(ids[0] ?? '');
  while (!ids.every((id) => id.startsWith(`${shared}.`)) && shared !== '')
    shared = parentOf(shared);
  return shared;
}
