import { EtcdFault } from '../../etcd/client/etcd-fault.ts';
import type { Command } from './commands.ts';
import type { Outcome, RaftMember } from './member.ts';
import type { RaftNetwork } from './network.ts';
import { noLeader, propose } from './proposals.ts';
import { readThroughQuorum } from './reads.ts';
import type { Written } from './state-machine.ts';

/** What a member answers, `laterMs` from now; `written` is what it thereby acknowledges. */
export interface Answer<T> {
  readonly value: T;
  readonly laterMs?: number;
  readonly written?: readonly Written[];
  readonly revision?: number;
}

export type Reply<T> = (answer: Answer<T> | EtcdFault) => void;

/** A call as a member serves it. It may never reply. */
export type Service<T> = (net: RaftNetwork, member: RaftMember, reply: Reply<T>) => void;

/** Answers from the member's own state. */
export function local<T>(answer: (member: RaftMember) => T | EtcdFault): Service<T> {
  return (_net, member, reply) => {
    const value = answer(member);
    reply(value instanceof EtcdFault ? value : { value });
  };
}

/** The same of a voter only. */
export function localOfVoter<T>(answer: (member: RaftMember) => T): Service<T> {
  return local((member) => (isLearner(member) ? learnerRefuses() : answer(member)));
}

/** Answers from the member's state as a quorum has it. */
export function linearizable<T>(answer: (member: RaftMember) => T): Service<T> {
  return (net, member, reply) => {
    const refusal = refuseQuorumCall(member);
    if (refusal !== null) return void reply(refusal);
    readThroughQuorum(net, member, (took) =>
      reply(took instanceof EtcdFault ? took : { value: answer(member), laterMs: took }),
    );
  };
}

/** Answers once the command is applied. */
export function write<T>(
  command: Command,
  answer: (member: RaftMember, applied: Exclude<Outcome, EtcdFault>) => T,
): Service<T> {
  return (net, member, reply) => {
    const refusal = refuseQuorumCall(member);
    if (refusal !== null) return void reply(refusal);
    propose(net, member, {
      command,
      done: (outcome) => {
        if (outcome instanceof EtcdFault) return void reply(outcome);
        const { written, revision } = outcome;
        reply({ value: answer(member, outcome), written, revision });
      },
    });
  };
}

/** Why a member does not even try what needs a quorum. */
export function refuseQuorumCall(member: RaftMember): EtcdFault | null {
  if (isLearner(member)) return learnerRefuses();
  return member.leaderId === null ? noLeader() : null;
}

/** A member that has not got the log yet is a learner as well. */
function isLearner({ config, id }: RaftMember): boolean {
  return config.member(id)?.learner ?? !config.removed.has(id);
}

function learnerRefuses(): EtcdFault {
  return new EtcdFault('learner-refuses', 'etcdserver: rpc not supported for learner');
}
