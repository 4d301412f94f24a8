import type { Member, MemberId } from '../../../machines/facts.ts';
import { EtcdFault } from '../../etcd/client/etcd-fault.ts';
import { type ConfigChange, memberOf } from './commands.ts';
import { compareIds } from './identifiers.ts';

/** The member list as one member has applied it. */
export class ClusterConfig {
  readonly removed = new Set<MemberId>();
  readonly #members = new Map<MemberId, Member>();
  #list: readonly Member[] = [];
  #voters: readonly Member[] = [];

  /** In the order of their ids. */
  get members(): readonly Member[] {
    return this.#list;
  }

  get voters(): readonly Member[] {
    return this.#voters;
  }

  get quorum(): number {
    return Math.floor(this.#voters.length / 2) + 1;
  }

  member(id: MemberId): Member | undefined {
    return this.#members.get(id);
  }

  isVoter(id: MemberId): boolean {
    return this.#members.get(id)?.learner === false;
  }

  /** Why etcd refuses a change, or null. */
  refusalOf(change: ConfigChange): EtcdFault | null {
    const id = memberOf(change);
    const known = this.#members.get(id);
    if (this.removed.has(id)) return notFound();
    if (!('member' in change)) {
      if (known === undefined) return notFound();
      return change.kind === 'promote' && !known.learner ? notALearner() : null;
    }
    if (known !== undefined) return refuse('already-exists', 'member ID already exist');
    const { peerUrls } = change.member;
    if (this.#list.some((member) => member.peerUrls.some((url) => peerUrls.includes(url)))) {
      return refuse('already-exists', 'Peer URLs already exists');
    }
    const full = change.kind === 'addLearner' && this.#list.some(({ learner }) => learner);
    return full ? refuse('too-many-learners', 'too many learner members in cluster') : null;
  }

  apply(change: ConfigChange): void {
    const id = memberOf(change);
    if ('member' in change) this.#members.set(id, change.member);
    else if (change.kind === 'promote') this.#change(id, { learner: false });
    else {
      this.#members.delete(id);
      this.removed.add(id);
    }
    this.#refresh();
  }

  publish(id: MemberId, name: string, clientUrl: string): void {
    this.#change(id, { name, clientUrls: [clientUrl] });
    this.#refresh();
  }

  #change(id: MemberId, changes: Partial<Member>): void {
    const member = this.#members.get(id);
    if (member !== undefined) this.#members.set(id, { ...member, ...changes });
  }

  #refresh(): void {
    this.#list = [...this.#members.values()].sort((a, b) => compareIds(a.id, b.id));
    this.#voters = this.#list.filter(({ learner }) => !learner);
  }
}

export function notFound(): EtcdFault {
  return refuse('not-found', 'member not found');
}

function notALearner(): EtcdFault {
  return refuse('not-learner', 'can only promote a learner member');
}

function refuse(code: EtcdFault['code'], sentence: string): EtcdFault {
  return new EtcdFault(code, `etcdserver: ${sentence}`);
}
