// The pictures of the chart: which states are active, and which arrows were taken.

import { arrowsTaken } from './arrows.js';
import { byId, element } from './elements.js';
import { leavesOf, shortId } from './state-path.js';
import { spoken } from './words.js';

const flashMs = 1600;
/** Below this size the small print of a picture cannot be read, and is left out. */
const legibleScale = 0.72;
const smallestScale = 0.5;
/** At which size a part of the chart is placed beside others. */
const partScale = 0.62;
const following = 'follow';

export class ChartView {
  #chart;
  #pictures = [];
  #shown = [];
  #active = new Set();
  #zoom = 1;
  #sighted = '';
  #flashes = new Map();

  /** @param {object} described what `/chart.json` says */
  static async load(described) {
    const view = new ChartView(described);
    view.#pictures = await Promise.all(described.pictures.map((picture) => view.#draw(picture)));
    view.#offerPictures();
    byId('pictures').replaceChildren(...view.#pictures.map(({ figure }) => figure));
    new ResizeObserver(() => view.#resize()).observe(byId('pictures'));
    view.#choose();
    return view;
  }

  constructor(described) {
    this.#chart = described;
    byId('picture').addEventListener('change', () => this.#choose());
    byId('smaller').addEventListener('click', () => this.#setZoom(this.#zoom / 1.25));
    byId('larger').addEventListener('click', () => this.#setZoom(this.#zoom * 1.25));
    byId('fit').addEventListener('click', () => this.#setZoom(1));
  }

  /** Marks the states that are active, and no other. */
  show(ids) {
    this.#active = new Set(ids);
    for (const { states } of this.#pictures) {
      for (const box of states) box.classList.toggle('active', this.#active.has(box.dataset.state));
    }
    const names = leavesOf(ids).map((id) => spoken(shortId(id)));
    for (const picture of this.#pictures) {
      const what = picture.isOverview ? 'The chart' : spoken(shortId(picture.state));
      picture.svg.setAttribute('aria-label', `${what}. Active: ${names.join(', ') || 'nothing'}.`);
    }
    this.#choose();
    const shownNames = names.join();
    if (shownNames !== this.#sighted) this.#bringIntoSight();
    this.#sighted = shownNames;
  }

  /** Lets the arrows that were taken and the states that were entered light up. */
  flash(before, after, event, order = 0) {
    const entered = after.filter((id) => !before.includes(id));
    for (const { arrows, states } of this.#pictures) {
      for (const arrow of arrowsTaken(arrows, before, after, event))
        this.#light(arrow.group, 'taken', order);
      for (const box of states) {
        if (entered.includes(box.dataset.state)) this.#light(box, 'entered', order);
      }
    }
  }

  #light(group, name, order) {
    clearTimeout(this.#flashes.get(group));
    group.classList.remove(name);
    // Asking for the box's size makes the browser forget the old animation.
    group.getBoundingClientRect();
    group.style.setProperty('--order', Math.min(order, 5));
    group.classList.add(name);
    const end = () => group.classList.remove(name);
    this.#flashes.set(group, setTimeout(end, flashMs + Math.min(order, 5) * 200));
  }

  async #draw({ file, state, isOverview }) {
    const response = await fetch(`/${file}`);
    const text = (await response.text()).replace(/<style>[\s\S]*?<\/style>/, '');
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
    for (const left of parsed.querySelectorAll(
      ':scope > .paper, :scope > .heading, :scope > .subtitle, :scope > .caption, ' +
        ':scope > .legend, :scope > g:has(> .legend), :scope > title',
    )) {
      left.remove();
    }
    const svg = document.importNode(parsed, true);
    const { key, description } = this.#find(state) ?? { key: state, description: null };
    const caption = element(
      'figcaption',
      element('strong', isOverview ? 'At a glance' : spoken(key)),
      description === null ? null : ` ${description}`,
    );
    const scroller = element('section.scroller');
    scroller.setAttribute('aria-label', `Picture of ${isOverview ? 'the chart' : spoken(key)}`);
    scroller.append(svg);
    return {
      state,
      isOverview,
      svg,
      scroller,
      figure: element('figure', caption, scroller, { 'data-picture': file.replace(/\.svg$/, '') }),
      states: [...svg.querySelectorAll('g[data-state]')],
      arrows: [...svg.querySelectorAll('g[data-from]')].map((group) => ({
        group,
        from: group.dataset.from,
        to: group.dataset.to,
        events: group.dataset.event.split('|'),
      })),
    };
  }

  #find(id, state = this.#chart.chart.root) {
    if (state.id === id) return state;
    const next = state.states.find((one) => id === one.id || id.startsWith(`${one.id}.`));
    return next === undefined ? null : this.#find(id, next);
  }

  #offerPictures() {
    byId('picture').replaceChildren(
      element('option', { value: following }, 'Follow what is active'),
      ...this.#pictures.map(({ state, isOverview }, index) =>
        element('option', { value: index }, isOverview ? 'At a glance' : shortId(state)),
      ),
    );
  }

  #choose() {
    const { value } = byId('picture');
    const isShown = ({ isOverview, state }, index) =>
      value === following ? isOverview || this.#active.has(state) : Number(value) === index;
    const shown = this.#pictures.filter(isShown);
    for (const picture of this.#pictures) picture.figure.hidden = !shown.includes(picture);
    const changed =
      shown.length !== this.#shown.length || shown.some((one, i) => one !== this.#shown[i]);
    this.#shown = shown;
    if (changed) this.#resize();
  }

  #setZoom(zoom) {
    this.#zoom = Math.min(6, Math.max(0.4, zoom));
    this.#resize();
  }

  #resize() {
    for (const { svg, scroller, figure, isOverview } of this.#shown) {
      if (svg.dataset.wide === undefined) cropToDrawing(svg);
      const wide = Number(svg.dataset.wide);
      const isAlone = this.#shown.length === 1;
      figure.style.setProperty('--room', `${isOverview || isAlone ? 2000 : wide * partScale}px`);
      const largest = isAlone ? 1.2 : isOverview ? 1 : 0.95;
      const fitting = Math.min(largest, scroller.clientWidth / wide);
      const scale = Math.max(smallestScale, fitting) * this.#zoom;
      svg.style.width = `${Math.floor(wide * scale)}px`;
      svg.classList.toggle('small', scale < legibleScale);
      const overflows = scroller.scrollWidth > scroller.clientWidth + 1;
      const isTall = scroller.scrollHeight > scroller.clientHeight + 1;
      if (overflows || isTall) scroller.tabIndex = 0;
      else scroller.removeAttribute('tabindex');
    }
    this.#bringIntoSight();
  }

  /** Where a picture is larger than its place, what is active in it is shown. */
  #bringIntoSight() {
    for (const { scroller, states } of this.#shown) {
      const box = states.findLast((one) => this.#active.has(one.dataset.state));
      if (box === undefined || scroller.scrollWidth <= scroller.clientWidth) continue;
      const [inner, outer] = [box.getBoundingClientRect(), scroller.getBoundingClientRect()];
      scroller.scrollBy({
        left: inner.left + inner.width / 2 - outer.left - outer.width / 2,
        top: inner.top + inner.height / 2 - outer.top - outer.height / 2,
      });
    }
  }
}

/** What stood around the drawing is told elsewhere on the page: its room is taken back. */
function cropToDrawing(svg) {
  for (const node of svg.querySelectorAll('g.node')) {
    const title = node.querySelector('text');
    const frame = node.querySelector('path, polygon')?.getBBox();
    if (title === null || frame === undefined) continue;
    const baseline = frame.y + frame.height / 2 + 6;
    title.style.setProperty('--shift', `${baseline - Number(title.getAttribute('y'))}px`);
  }
  const { x, y, width, height } = svg.getBBox();
  svg.setAttribute('viewBox', `${x - 8} ${y - 8} ${width + 16} ${height + 16}`);
  svg.removeAttribute('width');
  svg.removeAttribute('height');
  svg.dataset.wide = Math.ceil(width + 16);
}
