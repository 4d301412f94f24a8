import type { MemberReport, StatusReport } from '../../machines/status-report.ts';
import type { NodeView, PlaygroundView } from './view.ts';

/** The playground as it is, before anybody has judged whose word counts. */
export interface Observed extends Omit<PlaygroundView, 'nodes' | 'quorum' | 'leader'> {
  readonly nodes: readonly ObservedNode[];
}

export interface ObservedNode extends Pick<NodeView, 'name' | 'processes' | 'isCut'> {
  /** Null while it does not answer. */
  readonly report: StatusReport | null;
}

export function viewOf(observed: Observed): PlaygroundView {
  const witness = witnessOf(observed.nodes);
  const quorum = witness?.quorum.state ?? 'unknown';
  return {
    ...observed,
    nodes: observed.nodes.map((node) => nodeView(node, witness)),
    quorum,
    leader: quorum === 'held' ? (witness?.leader ?? null) : null,
  };
}

/** Whose word counts: a node in touch with the quorum, the leader first; else any that answers. */
function witnessOf(nodes: readonly ObservedNode[]): StatusReport | null {
  const inTouch = nodes.filter(({ isCut, processes }) => !isCut && !processes.paused);
  const reports = inTouch.map(({ report }) => report).filter((report) => report !== null);
  const held = reports.filter(({ quorum }) => quorum.state === 'held');
  return held.find(({ leader, node }) => leader === node.name) ?? held[0] ?? reports[0] ?? null;
}

function nodeView(
  { report, name, processes, isCut }: ObservedNode,
  witness: StatusReport | null,
): NodeView {
  const member = witness?.members.find((one) => one.name === name);
  const knowsMembers = witness !== null && witness.members.length > 0;
  return {
    name,
    processes,
    isCut,
    role: member === undefined ? (knowsMembers ? 'no member' : 'unknown') : roleOf(member),
    health: member?.health ?? 'unknown',
    own: report && {
      state: report.node.state,
      path: report.node.path,
      sinceMs: report.node.sinceMs,
      outlook: report.next,
    },
  };
}

function roleOf({ leader, learner }: MemberReport): NodeView['role'] {
  if (leader) return 'leader';
  return learner ? 'learner' : 'follower';
}
