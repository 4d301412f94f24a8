// All steps that the page knows, of one node or several, on one time line.

/** More than an hour of a busy node; the oldest go first. */
const mostLiveSteps = 5000;

export class Timeline {
  /** Ordered by wall time; each node's own steps keep their order. */
  steps = [];
  #byKey = new Map();

  /** Adds the steps of a live report and says which of them are new. */
  addReport(report) {
    const offset = Date.parse(report.askedAt) - report.atMs;
    const run = String(report.node.pid);
    const added = [];
    for (const step of report.recent) {
      const whole = { ...step, node: report.node.name, run, wallMs: offset + step.atMs };
      const known = this.#byKey.get(keyOf(whole));
      if (known === undefined) added.push(whole);
      else known.times = step.times;
    }
    for (const step of added) this.#add(step);
    const last = this.steps.at(-1);
    if (last !== undefined) last.report = report;
    for (const step of this.steps.splice(0, Math.max(0, this.steps.length - mostLiveSteps))) {
      this.#byKey.delete(keyOf(step));
    }
    return added;
  }

  /** Adds the steps of a recorded log. */
  addLog({ steps }) {
    for (const step of steps) if (!this.#byKey.has(keyOf(step))) this.#add(step);
    this.steps.sort((a, b) => a.wallMs - b.wallMs || a.seq - b.seq);
  }

  get nodes() {
    return [...new Set(this.steps.map(({ node }) => node))].sort();
  }

  /** The newest step of a node that is no younger than the step at an index. */
  stepOf(node, index) {
    for (let at = index; at >= 0; at -= 1) if (this.steps[at].node === node) return this.steps[at];
    return null;
  }

  /** The newest value of a node at an index, looking back. */
  findBack(node, index, read) {
    for (let at = index; at >= 0; at -= 1) {
      const value = this.steps[at].node === node ? read(this.steps[at]) : null;
      if (value !== null && value !== undefined) return value;
    }
    return null;
  }

  #add(step) {
    this.#byKey.set(keyOf(step), step);
    this.steps.push(step);
  }
}

function keyOf({ node, run, seq }) {
  return `${node} ${run} ${seq}`;
}

/** Whether a step changed something that a person may want to see. */
export function isEventful({ from, to, effects, decision }) {
  return from !== to || effects.length > 0 || decision !== null;
}
