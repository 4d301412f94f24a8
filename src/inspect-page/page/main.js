// The page of `e2d inspect --web`: one node live, its recent past, or recorded logs.

import { ChartView } from './chart-view.js';
import { byId, element, fill } from './elements.js';
import { Panel } from './panel.js';
import { forgetProblem, tellProblem } from './problems.js';
import { BadLog, readLog, readText } from './read-log.js';
import { activeIds, leavesOf, shortId } from './state-path.js';
import { StepsList } from './steps-list.js';
import { takeFiles } from './take-files.js';
import { isEventful, Timeline } from './timeline.js';
import { viewOfReport, viewOfStep } from './view.js';
import { dayOf, eventName, spoken, timeOfDay } from './words.js';

const everyNode = '';

class Page {
  #chartView;
  #panel;
  #stepsList;
  #root;
  #hash;
  #live = new Timeline();
  #logs = null;
  #report = null;
  #reportCame = 0;
  #trouble = null;
  /** Where the reader stands among the visible steps; null follows the newest. */
  #index = null;
  #visible = [];
  #announced = '';

  async start() {
    const described = await (await fetch('/chart.json')).json();
    this.#root = described.chart.root.id;
    this.#hash = described.definitionHash;
    this.#panel = new Panel(described);
    this.#stepsList = new StepsList(this.#root, (nth) => this.#goTo(nth));
    this.#chartView = await ChartView.load(described);
    this.#listenToReader();
    this.#listenToNode();
    setInterval(() => this.#tick(), 250);
  }

  #listenToNode() {
    const source = new EventSource('/live');
    source.addEventListener('report', ({ data }) => this.#takeReport(JSON.parse(data).report));
    source.addEventListener('trouble', ({ data }) => {
      const { message, remedy } = JSON.parse(data);
      this.#noteTrouble(message, remedy);
    });
    source.addEventListener('error', () =>
      this.#noteTrouble(
        '"e2d inspect --web" has ended.',
        'Start it again: this page then goes on.',
      ),
    );
  }

  #takeReport(report) {
    const isFirst = this.#report === null;
    const added = this.#live.addReport(report);
    this.#report = report;
    this.#reportCame = performance.now();
    if (this.#trouble !== null) forgetProblem(this.#trouble);
    this.#trouble = null;
    if (isFirst && report.chart.definitionHash !== this.#hash) {
      tellProblem('The node runs another version of e2d: its chart may differ from the picture.');
    }
    if (this.#logs !== null) return;
    this.#render();
    if (this.#index !== null || isFirst) return;
    const moves = added.filter(({ from, to }) => from !== to);
    for (const [order, step] of moves.entries()) this.#flash(step, order);
  }

  #noteTrouble(message, remedy) {
    const text = [message, remedy].filter(Boolean).join(' ');
    if (this.#trouble === text) return;
    if (this.#trouble !== null) forgetProblem(this.#trouble);
    this.#trouble = text;
    tellProblem(text);
    this.#render();
  }

  get #timeline() {
    return this.#logs ?? this.#live;
  }

  get #chosenNode() {
    return this.#logs === null ? everyNode : byId('node').value;
  }

  #flash(step, order = 0) {
    const before = activeIds(this.#root, step.from);
    this.#chartView.flash(before, activeIds(this.#root, step.to), step.event, order);
  }

  #render() {
    const { steps } = this.#timeline;
    const showAll = byId('every').checked;
    const chosen = this.#chosenNode;
    const standing = this.#index === null ? null : this.#visible[this.#index];
    this.#visible = steps
      .map((_, at) => at)
      .filter((at) => showAll || isEventful(steps[at]))
      .filter((at) => chosen === everyNode || steps[at].node === chosen);
    if (standing !== null) this.#index = this.#nearest(standing);
    this.#renderLine();
    this.#renderSteps();
    this.#renderSource();
    this.#renderView();
  }

  #nearest(position) {
    const found = this.#visible.findLastIndex((at) => at <= position);
    return found < 0 ? (this.#visible.length === 0 ? null : 0) : found;
  }

  /** What is shown now; null while nothing is known. */
  #view() {
    if (this.#index === null && this.#logs === null) {
      return this.#report && viewOfReport(this.#report, performance.now() - this.#reportCame);
    }
    const at = this.#visible[this.#index ?? this.#visible.length - 1];
    const step = this.#timeline.steps[at];
    return step && viewOfStep(this.#timeline, this.#root, step.node, at);
  }

  #renderView() {
    const view = this.#view();
    if (!view) return;
    byId('node-name').textContent = view.node;
    document.title = `${view.node} · e2d inspect`;
    this.#chartView.show(view.ids);
    this.#panel.show(view);
    if (this.#index === null) this.#announce(view);
  }

  #announce(view) {
    const key = JSON.stringify([view.node, view.ids, view.decision]);
    if (key === this.#announced) return;
    this.#announced = key;
    byId('announcer').textContent = this.#panel.sentence(view);
  }

  #renderSource() {
    const [kind, text] =
      this.#logs !== null
        ? ['log', 'Recorded log']
        : this.#index !== null
          ? ['past', 'Looking back']
          : this.#trouble !== null
            ? ['silent', 'No answer']
            : this.#report === null
              ? ['connecting', 'Connecting']
              : ['live', 'Live'];
    byId('source').dataset.kind = kind;
    byId('source').textContent = text;
    byId('now-title').textContent =
      kind === 'live' ? 'Now' : kind === 'silent' ? 'Last heard of' : 'Then';
    byId('to-live').disabled = this.#logs === null && this.#index === null;
    const nodes = this.#logs?.nodes ?? [];
    byId('node-field').hidden = nodes.length < 2;
    fill('node', nodes, () => [
      element('option', { value: everyNode }, 'whichever acts'),
      ...nodes.map((node) => element('option', { value: node }, node)),
    ]);
  }

  #renderLine() {
    const line = byId('line');
    const last = Math.max(0, this.#visible.length - 1);
    const value = this.#index ?? last;
    line.max = String(last);
    line.value = String(value);
    line.disabled = this.#visible.length < 2;
    byId('back').disabled = value <= 0;
    byId('forth').disabled = value >= last;
    const step = this.#timeline.steps[this.#visible[value]];
    const text =
      step === undefined
        ? 'No step is known yet'
        : `${timeOfDay(step.wallMs)} · ${step.node} · ${eventName(step.event)} · step ${value + 1} of ${last + 1} · ${dayOf(step.wallMs)}`;
    byId('line-label').textContent = text;
    line.setAttribute('aria-label', 'Time line');
    line.setAttribute(
      'aria-valuetext',
      step === undefined ? text : `${text}. ${this.#statesIn(step)}`,
    );
  }

  #renderSteps() {
    const { steps, nodes } = this.#timeline;
    const visible = this.#visible.map((at) => steps[at]);
    this.#stepsList.show(visible, this.#index, nodes.length > 1);
  }

  #statesIn({ to }) {
    const names = leavesOf(activeIds(this.#root, to)).map((id) => spoken(shortId(id)));
    return names.join(', ');
  }

  #goTo(nth) {
    const last = this.#visible.length - 1;
    if (last < 0) return;
    const before = this.#index ?? last;
    this.#index = Math.min(last, Math.max(0, nth));
    this.#render();
    const step = this.#timeline.steps[this.#visible[this.#index]];
    if (this.#index === before + 1 && step.from !== step.to) this.#flash(step);
  }

  #backToLive() {
    this.#index = null;
    this.#logs = null;
    this.#announced = '';
    this.#render();
    byId('line').focus();
  }

  #tick() {
    if (this.#report === null || this.#logs !== null || this.#index !== null) return;
    if (this.#trouble === null) {
      this.#panel.tick(Date.parse(this.#report.askedAt) + performance.now() - this.#reportCame);
    }
  }

  #listenToReader() {
    byId('line').addEventListener('input', () => this.#goTo(Number(byId('line').value)));
    byId('back').addEventListener('click', () => this.#move(-1));
    byId('forth').addEventListener('click', () => this.#move(1));
    byId('to-live').addEventListener('click', () => this.#backToLive());
    byId('every').addEventListener('change', () => this.#render());
    byId('node').addEventListener('change', () => this.#render());
    takeFiles((files) => void this.#open(files));
    document.addEventListener('keydown', (event) => {
      if (event.target !== document.body || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === 'ArrowLeft') this.#move(-1);
      if (event.key === 'ArrowRight') this.#move(1);
    });
  }

  #move(by) {
    this.#goTo((this.#index ?? this.#visible.length - 1) + by);
  }

  async #open(files) {
    if (files.length === 0) return;
    const logs = new Timeline();
    byId('problem').replaceChildren();
    for (const file of files) {
      try {
        const log = readLog(file.name, await readText(file));
        logs.addLog(log);
        if (log.note !== null) tellProblem(log.note);
        const theirs = log.header.charts?.node;
        if (theirs !== undefined && theirs !== this.#hash) {
          tellProblem(
            `${file.name} was recorded by e2d ${log.header.e2d}, whose chart may differ from the picture.`,
          );
        }
      } catch (problem) {
        if (!(problem instanceof BadLog)) throw problem;
        tellProblem(problem.message);
      }
    }
    if (logs.steps.length === 0) return;
    this.#logs = logs;
    this.#announced = '';
    this.#index = null;
    this.#render();
    byId('line').focus();
  }
}

await new Page().start();
