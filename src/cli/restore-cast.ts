import type { Identity } from '../../machines/facts.ts';
import { badConfig } from '../config/bad-config.ts';
import type { NodeConfig } from '../config/node-config.ts';
import type { NamedMember } from '../node/snapshots/hand-plan.ts';

export interface MembersGiven {
  /** `name=url,...`, checked. */
  readonly initialCluster: string | undefined;
  readonly token: string | undefined;
  readonly drawToken: () => string;
  /** Whether the snapshot was named as `latest`. */
  readonly isLatest: boolean;
}

/** Who will be what after a restore by hand. */
export interface Cast {
  readonly token: string;
  /** This node's. */
  readonly name: string;
  readonly members: readonly NamedMember[];
}

/** Decides names and members, or throws `E2D_BAD_CONFIG` with all that does not fit. */
export function castOf(
  given: MembersGiven,
  { name: asked, urls: { peerAdvertise: peerUrl }, requiredSize }: NodeConfig,
  identity: Identity | null,
): Cast {
  const { initialCluster, drawToken } = given;
  const token = given.token ?? drawToken();
  if (initialCluster === undefined) {
    const name = asked ?? identity?.name ?? token;
    return { token, name, members: [{ name, peerUrl }] };
  }
  const members = initialCluster.split(',').map(memberOf);
  const own = members.find((member) => member.peerUrl === peerUrl);
  const problems = [
    ...problemsOfSeveral(given, members),
    ...(members.length === requiredSize
      ? []
      : [`--initial-cluster names ${members.length} members, and -n is ${requiredSize}.`]),
    ...(own === undefined
      ? [`--initial-cluster names no member at ${peerUrl}, this node's peer URL.`]
      : []),
    ...(own !== undefined && asked !== null && asked !== own.name
      ? [`--initial-cluster calls this node ${own.name}, and --name says ${asked}.`]
      : []),
  ];
  if (problems.length > 0) throw badConfig({ problems, warnings: [] }, help);
  return { token, name: own?.name ?? '', members };
}

const help = 'e2d snapshot restore --help';

function problemsOfSeveral(
  { token, drawToken, isLatest }: MembersGiven,
  members: readonly NamedMember[],
): readonly string[] {
  const isAlone = members.length === 1;
  const [names, urls] = [members.map(({ name }) => name), members.map((one) => one.peerUrl)];
  return [
    ...(token === undefined && !isAlone
      ? [
          '--initial-cluster needs an --initial-cluster-token that is the same on each node and ' +
            `was never used, such as ${drawToken()}.`,
        ]
      : []),
    ...(isLatest && !isAlone
      ? ['"latest" may be another one on the next node; name the snapshot by its ID.']
      : []),
    ...(new Set(names).size < names.length || new Set(urls).size < urls.length
      ? ['--initial-cluster names a member twice.']
      : []),
  ];
}

function memberOf(pair: string): NamedMember {
  const at = pair.indexOf('=');
  return { name: pair.slice(0, at), peerUrl: pair.slice(at + 1).replace(/\/$/, '') };
}
