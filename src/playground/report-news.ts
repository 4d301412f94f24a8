import type { MemberReport, StatusReport } from '../../machines/status-report.ts';

/** What a node sees now that it did not see before, as sentences behind its name. */
export function newsBetween(before: StatusReport | null, after: StatusReport | null): string[] {
  if (before === null || after === null) return [];
  return [
    ...quorumNews(before, after),
    ...leaderNews(before, after),
    ...standingNews(before, after),
    ...(after.leader === after.node.name ? memberNews(before.members, after.members) : []),
  ];
}

function quorumNews(before: StatusReport, after: StatusReport): string[] {
  if (before.quorum.state === after.quorum.state || after.quorum.state === 'unknown') return [];
  if (after.quorum.state === 'lost') return ['has lost touch with the quorum'];
  return before.quorum.state === 'lost' ? ['is in touch with the quorum again'] : [];
}

/** Told by the leader alone: the others see the same. */
function leaderNews(before: StatusReport, after: StatusReport): string[] {
  const { name } = after.node;
  return after.leader === name && before.leader !== name ? ['leads the cluster now'] : [];
}

function standingNews(before: StatusReport, after: StatusReport): string[] {
  const [was, is] = [before.node.state, after.node.state].map((state) =>
    /standing\.voting/.test(state),
  );
  return is === true && was === false ? ['is a voting member, its etcd healthy'] : [];
}

/** Told by the leader, whose list is never behind. */
function memberNews(before: readonly MemberReport[], after: readonly MemberReport[]): string[] {
  if (before.length === 0 || after.length === 0) return [];
  const had = new Map(before.map((member) => [member.id, member]));
  const has = new Set(after.map(({ id }) => id));
  return [
    ...before.filter(({ id }) => !has.has(id)).map((one) => `sees ${called(one)} off the list`),
    ...after.flatMap((member) => {
      const earlier = had.get(member.id);
      if (earlier === undefined) {
        return [`sees ${called(member)} on the list${member.learner ? ', a learner' : ''}`];
      }
      if (earlier.learner && !member.learner) return [`sees ${called(member)} vote`];
      return [];
    }),
  ];
}

function called({ name, id }: MemberReport): string {
  return name === '' ? `the new member ${id}` : `member ${name}`;
}
