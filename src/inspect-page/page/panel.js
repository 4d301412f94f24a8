// The state in words: what the picture shows, and why.

import { element, fill } from './elements.js';
import { commonParent, leavesOf, parentOf, shortId } from './state-path.js';
import { bytes, duration, spoken, timeOfDay } from './words.js';

export class Panel {
  #states = new Map();
  #rules;

  constructor({ chart, rules }) {
    this.#rules = rules;
    const note = (state) => {
      this.#states.set(state.id, state);
      state.states.forEach(note);
    };
    note(chart.root);
    const observer = new ResizeObserver((changes) => {
      for (const { target } of changes) letScroll(target);
    });
    for (const place of document.querySelectorAll('.table, #now')) observer.observe(place);
  }

  show(view) {
    fill('summary', [leavesOf(view.ids), view.path, view.next, view.warnings, view.leader], () =>
      this.#summary(view),
    );
    fill('tree', [view.ids, view.since], () => this.#tree(view));
    fill('decision', view.decision, () => this.#decision(view.decision));
    fill('waiting', view.waiting === undefined ? 'not known' : [view.waiting], () =>
      this.#waiting(view.waiting),
    );
    fill('timers', view.timers, () => this.#timers(view.timers));
    fill('actors', view.actors, () => this.#actors(view.actors));
    fill('as-of', view.asOf, () =>
      view.asOf === null ? '' : `As told at ${timeOfDay(view.asOf)}.`,
    );
    fill('members', view.members, () => membersTable(view.members));
    fill('peers', view.peers, () => peersTable(view.peers));
    for (const place of document.querySelectorAll('.table, #now')) letScroll(place);
    this.tick(view.atMs);
  }

  /** Lets ages grow and timers run down. */
  tick(nowMs) {
    for (const place of document.querySelectorAll('[data-since]')) {
      place.textContent = `${place.dataset.before ?? ''}${duration(nowMs - Number(place.dataset.since))}`;
    }
    for (const place of document.querySelectorAll('[data-due]')) {
      const left = Number(place.dataset.due) - nowMs;
      place.textContent = left <= 0 ? 'due' : `in ${duration(left)}`;
    }
  }

  /** The state and the decision as a sentence, for those who listen. */
  sentence({ node, ids, decision }) {
    const states = leavesOf(ids).map((id) => {
      const description = this.#states.get(id)?.description ?? '';
      return `${spoken(shortId(id)).replaceAll('.', ', ')}. ${description}`;
    });
    const why = decision === null ? '' : ` Decided by ${decision.rule}: ${decision.reason}`;
    return `${node} is now: ${states.join(' ')}${why}`;
  }

  #summary({ ids, path, next, warnings, leader }) {
    const leaves = leavesOf(ids);
    const shared = leaves.length === 1 ? leaves[0] : commonParent(leaves);
    return [
      element('p.state', spoken(shortId(shared)).replaceAll('.', ' › ')),
      element(
        'dl.facts',
        path === undefined ? null : pair('Path', path ?? 'none yet'),
        leader === null ? null : pair('Leader', leader),
        next ? pair('Next', next) : null,
        warnings.map((warning) => pair('Warning', warning)),
      ),
    ];
  }

  #tree({ ids, since }) {
    const roots = ids.filter((id) => !ids.includes(parentOf(id)));
    const branch = (id) => {
      const inner = ids.filter((one) => parentOf(one) === id);
      const { key = id, description = null } = this.#states.get(id) ?? {};
      return element(
        inner.length === 0 ? 'li.leaf' : 'li',
        element('span', spoken(key)),
        inner.length > 0 || since[id] === undefined
          ? null
          : [' ', element('span.age', { 'data-since': since[id], 'data-before': 'for ' })],
        inner.length === 0 && description !== null ? element('p', description) : null,
        inner.length === 0 ? null : element('ul', inner.map(branch)),
      );
    };
    return element('ul', { 'aria-label': 'Active states' }, roots.map(branch));
  }

  #decision(decision) {
    if (decision === null) return element('p.quiet', 'None is known.');
    const facts = Object.entries(decision.facts ?? {});
    return [
      element(
        'p',
        element('span.rule', { title: this.#rules[decision.rule] }, decision.rule),
        decision.reason,
      ),
      element('p.quiet', element('small', this.#rules[decision.rule] ?? '')),
      decision.kind === null
        ? element('p.quiet', element('small', 'From the log: why the latest effect was begun.'))
        : null,
      facts.length === 0
        ? null
        : element(
            'dl.facts',
            facts.map(([name, value]) => pair(spoken(name), told(value))),
          ),
    ].filter((part) => part !== null);
  }

  #waiting(waiting) {
    if (waiting === undefined) return element('p.quiet', 'Not recorded for this step.');
    if (waiting === null) return element('p.quiet', 'Nothing: it goes on by itself.');
    const { rule, sentence, command } = waiting;
    return [
      element('p', rule === null ? null : element('span.rule', rule), sentence),
      command === null
        ? element('p.quiet', 'Time or another node must help.')
        : element('div.command', element('code', command), copyButton(command)),
    ];
  }

  #timers(timers) {
    if (timers === null) return element('p.quiet', 'Not recorded for this step.');
    if (timers.length === 0) return element('p.quiet', 'None runs.');
    return element(
      'ul.plain',
      [...timers]
        .sort((a, b) => a.dueMs - b.dueMs)
        .map(({ name, state, dueMs }) =>
          element(
            'li',
            element('span', spoken(name), element('small', spoken(shortId(state)))),
            element('span', { 'data-due': dueMs }),
          ),
        ),
    );
  }

  #actors(actors) {
    if (actors === null) return element('p.quiet', 'Not recorded for this step.');
    if (actors.length === 0) return element('p.quiet', 'None runs.');
    return element(
      'ul.plain',
      actors.map(({ id, src, reason, sinceMs }) =>
        element(
          'li',
          element(
            'span',
            spoken(src),
            id === src ? null : element('small', id),
            reason ? element('small', `${reason.rule}: ${reason.sentence}`) : null,
          ),
          sinceMs === null
            ? ''
            : element('span.age', { 'data-since': sinceMs, 'data-before': 'for ' }),
        ),
      ),
    );
  }
}

/** What is wider than its place can be scrolled with the keyboard too. */
function letScroll(place) {
  const isCut =
    place.scrollWidth > place.clientWidth || place.scrollHeight > place.clientHeight + 1;
  if (isCut) place.tabIndex = 0;
  else place.removeAttribute('tabindex');
}

function pair(name, value) {
  return [element('dt', name), element('dd', value)];
}

function told(value) {
  return value === null ? 'not known' : String(value);
}

function copyButton(text) {
  const button = element('button', { type: 'button', 'aria-label': 'Copy the command' }, 'Copy');
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling);
      button.textContent = 'Marked';
    }
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2000);
  });
  return button;
}

function table(heads, rows) {
  return element(
    'table',
    element(
      'thead',
      element(
        'tr',
        heads.map(([name, kind]) => element(cell('th', kind), { scope: 'col' }, name)),
      ),
    ),
    element('tbody', rows),
  );
}

function cell(tag, kind) {
  return kind === undefined ? tag : `${tag}.${kind}`;
}

const memberHeads = [
  ['Member'],
  ['Role'],
  ['Health'],
  ['Behind', 'number'],
  ['Revision', 'number'],
  ['Size', 'number'],
  ['Peer URL'],
  ['Id'],
];

function membersTable(members) {
  if (members === null || members.length === 0) {
    return element('p.quiet', 'The member list is not known.');
  }
  return table(
    memberHeads,
    members.map((member) =>
      element(
        'tr',
        element('th', { scope: 'row' }, member.name || '(not started yet)'),
        element('td', member.leader ? 'leader' : member.learner ? 'learner' : 'voter'),
        element(cell('td', healthClass(member.health)), member.health),
        element('td.number', member.lagEntries ?? '–'),
        element('td.number', member.revision ?? '–'),
        element('td.number', member.dbSizeBytes === null ? '–' : bytes(member.dbSizeBytes)),
        element('td.mono', member.peerUrl),
        element('td.mono', member.id),
      ),
    ),
  );
}

const peerHeads = [['Node'], ['Liveness'], ['Status'], ['Data'], ['Peer URL'], ['Cluster']];

function peersTable(peers) {
  if (peers === null) return element('p.quiet', 'Not known.');
  if (peers.length === 0) return element('p.quiet', 'No other node is known.');
  return table(
    peerHeads,
    peers.map((peer) =>
      element(
        'tr',
        element('th', { scope: 'row' }, peer.name),
        element(cell('td', healthClass(peer.liveness)), peer.liveness),
        element('td', peer.status),
        element('td', peer.data),
        element('td.mono', peer.peerUrl),
        element('td.mono', peer.clusterId ?? '–'),
      ),
    ),
  );
}

function healthClass(word) {
  const classes = {
    healthy: 'is-good',
    alive: 'is-good',
    unhealthy: 'is-bad',
    failed: 'is-bad',
    suspect: 'is-wait',
  };
  return classes[word];
}
