import type { Member } from '../../../machines/facts.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import type { CallOptions, EtcdEndpoint } from '../client/endpoint.ts';
import { faultOf } from '../client/etcd-fault.ts';
import { type E2dUser, readE2dUsers } from './e2d-users.ts';
import { ensureUsers, type OnStep, rootUser } from './ensure-users.ts';
import type { UserAdmin } from './user-admin.ts';

export interface EnableAuth {
  /** This node's own member, asked as this node's e2d asks it. */
  readonly endpoint: EtcdEndpoint;
  readonly admin: UserAdmin;
  /** A member as e2d asks it, over a connection of its own; and as somebody without certificate. */
  readonly asE2d: (clientUrl: string) => EtcdEndpoint;
  readonly asStranger: (clientUrl: string) => EtcdEndpoint;
  /** Whether a member answers JSON, too. */
  readonly hasJsonGateway: (clientUrl: string) => Promise<boolean>;
  /** The CN of the certificate that this node's e2d shows. */
  readonly ownUser: string;
  /** Further users that an e2d of this cluster is, told by a person. */
  readonly moreUsers: readonly string[];
  readonly bounds: CallOptions;
  readonly onStep: OnStep;
}

export interface EnabledAuth {
  /** It was on before, and only its users were looked at. */
  readonly wasEnabled: boolean;
  /** As whom the e2d of each node asks, from now on. */
  readonly e2dUsers: readonly string[];
}

/**
 * Has etcd answer its users only, once it is certain that e2d is among them on every node. Safe to
 * call again whatever became of an earlier call. Rejects with `E2D_AUTH_UNSAFE` before anything is
 * changed where e2d, or everybody, would be locked out or nobody locked out; with an `EtcdFault`
 * where etcd does not do its part.
 */
export async function enableAuth(request: EnableAuth): Promise<EnabledAuth> {
  const { endpoint, admin, ownUser, moreUsers, bounds, onStep } = request;
  refuse(namesUnfit([ownUser, ...moreUsers]));
  const { members } = await endpoint.memberList(bounds);
  const wasEnabled = await admin.isEnabled(bounds);
  const known = await readE2dUsers(endpoint, bounds);
  if (!wasEnabled) refuse(await dangers(members, known, request));
  const told = members.flatMap(({ id }) => known.get(id)?.user ?? []);
  const e2dUsers = [...new Set([ownUser, ...told, ...moreUsers])].sort();
  await ensureUsers({ admin, e2dUsers, bounds, onStep });
  if (!wasEnabled) {
    onStep('having etcd answer its users only');
    await admin.enable(bounds);
  }
  await endpoint.get(ownProof, bounds);
  await endpoint.status(bounds);
  return { wasEnabled, e2dUsers };
}

/** Within what e2d may read, whether it is there or not. */
const ownProof = '/_e2d/cluster';

async function dangers(
  members: readonly Member[],
  known: ReadonlyMap<string, E2dUser>,
  request: EnableAuth,
): Promise<readonly string[]> {
  const untold = members.filter(({ id }) => !known.has(id));
  const found = [
    ...(request.moreUsers.length > 0 ? [] : untold.map(untoldSentence)),
    ...namesUnfit([...known.values()].map(({ user }) => user)),
  ];
  const doors = await Promise.all(members.map((member) => openDoor(member, request)));
  return [...found, ...doors.flat()];
}

function untoldSentence({ name, id }: Member): string {
  const who = name === '' ? id : name;
  return `The e2d of member ${who} has not told which certificate it shows: it would be locked out. Have it run there, or name the CN with --e2d-user.`;
}

function namesUnfit(users: readonly string[]): readonly string[] {
  return [...new Set(users)].flatMap((user) => {
    if (user === '') return ['A certificate of e2d has no CN, so that its e2d would be nobody.'];
    if (user !== rootUser) return [];
    return [`A certificate of e2d has the CN ${rootUser}, which is kept for people.`];
  });
}

/** Where anybody is let in without a certificate, nobody can be told from anybody else. */
async function openDoor(
  { name, clientUrls }: Member,
  { asE2d, asStranger, hasJsonGateway, bounds }: EnableAuth,
): Promise<readonly string[]> {
  if (clientUrls.length === 0) return [`Member ${name} has not started.`];
  const plain = clientUrls.find((url) => !url.startsWith('https:'));
  if (plain !== undefined) return [`Member ${name} serves clients without TLS, at ${plain}.`];
  const seen = await Promise.all(
    clientUrls.map(async (url) => ({
      url,
      isAwake: await answers(asE2d(url), bounds),
      isOpen: await answers(asStranger(url), bounds),
      hasGateway: await hasJsonGateway(url).catch(() => false),
    })),
  );
  return seen.flatMap(({ url, isAwake, isOpen, hasGateway }) => {
    if (isOpen) return [`Member ${name} asks for no certificate at ${url}.`];
    if (hasGateway) return [gatewaySentence(name, url)];
    if (isAwake) return [];
    return [`Member ${name} does not answer at ${url}, so that it is not seen whom it lets in.`];
  });
}

function gatewaySentence(name: string, url: string): string {
  return `Member ${name} answers JSON at ${url}, and would lend the rights of its own certificate to those without a CN: start its etcd again, without --enable-grpc-gateway among the --etcd-extra-args.`;
}

/** A refusal by etcd itself is an answer, too. */
async function answers(endpoint: EtcdEndpoint, bounds: CallOptions): Promise<boolean> {
  try {
    await endpoint.serializableRead(bounds);
    return true;
  } catch (problem) {
    const { code } = faultOf(problem);
    return code !== 'unavailable' && code !== 'deadline';
  } finally {
    endpoint.close();
  }
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new E2dError(`Users are not demanded yet, and nothing was changed. ${problems.join(' ')}`, {
    code: 'E2D_AUTH_UNSAFE',
    remedy: 'docs/users.md tells what must be so first; then run it again.',
  });
}
