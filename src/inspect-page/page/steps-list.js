// The steps around the one that is shown, newest first; each can be gone to.

import { byId, element, fill } from './elements.js';
import { activeIds, commonParent, leavesOf, shortId } from './state-path.js';
import { eventName, timeOfDay } from './words.js';

const mostListed = 15;
const mostAhead = 5;

export class StepsList {
  #root;
  #goTo;

  /** @param {(nth: number) => void} goTo shows the step with this place among the visible ones */
  constructor(root, goTo) {
    this.#root = root;
    this.#goTo = goTo;
  }

  /** @param {number | null} here the place of the step that is shown, or null for the newest */
  show(steps, here, severalNodes) {
    const last = Math.min(
      steps.length - 1,
      Math.max((here ?? steps.length) + mostAhead, mostListed - 1),
    );
    const first = Math.max(0, last - mostListed + 1);
    const listed = steps
      .slice(first, last + 1)
      .map((step, index) => ({ step, nth: first + index }));
    const key = listed.map(({ nth, step: { node, run, seq, times } }) => [
      nth,
      node,
      run,
      seq,
      times,
    ]);
    const focused = document.activeElement?.closest('#steps button')?.dataset.nth;
    fill('steps', [here, key], () =>
      listed
        .reverse()
        .map(({ nth, step }) => this.#item(nth, step, { isHere: nth === here, severalNodes })),
    );
    if (focused !== undefined) byId('steps').querySelector(`[data-nth="${focused}"]`)?.focus();
  }

  #item(nth, step, { isHere, severalNodes }) {
    return element(
      'li',
      element(
        'button',
        {
          type: 'button',
          'data-nth': nth,
          'aria-current': isHere && 'step',
          onclick: () => this.#goTo(nth),
        },
        element('time', { datetime: new Date(step.wallMs).toISOString() }, timeOfDay(step.wallMs)),
        element(
          'span.what',
          severalNodes ? `${step.node} · ` : null,
          element('strong', eventName(step.event)),
          step.summary ? ` ${step.summary}` : null,
          step.times > 1 ? ` (${step.times} times)` : null,
        ),
        this.#notes(step).map((note) => element('small', note)),
      ),
    );
  }

  #notes({ from, to, effects, decision }) {
    const plain = effects.filter(({ reason }) => !reason).map(({ id }) => id);
    return [
      from === to ? null : this.#movement(from, to),
      decision === null ? null : `${decision.rule}: ${decision.reason}`,
      ...effects
        .filter(({ reason }) => reason && reason.sentence !== decision?.reason)
        .map(({ id, reason }) => `begins ${id}, by ${reason.rule}: ${reason.sentence}`),
      plain.length === 0 ? null : `begins ${plain.join(', ')}`,
    ].filter((note) => note !== null);
  }

  /** Only what differs: the rest of the chart stands still. */
  #movement(from, to) {
    const [before, after] = [from, to].map((line) => leavesOf(activeIds(this.#root, line)));
    const left = before.filter((id) => !after.includes(id));
    const entered = after.filter((id) => !before.includes(id));
    const shared = commonParent([...left, ...entered]).length + 1;
    const names = (ids) => ids.map((id) => id.slice(shared) || shortId(id)).join(', ');
    return `${names(left) || from} → ${names(entered) || to}`;
  }
}
