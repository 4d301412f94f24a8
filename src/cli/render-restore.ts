import type { NodeConfig } from '../config/node-config.ts';
import type { EtcdBinaries } from '../etcd/binaries/etcd-binaries.ts';
import type { Fetched, HandRestore, PresentState } from '../node/snapshots/restore-by-hand.ts';
import type { RestoreReceipt } from '../node/snapshots/restore-receipt.ts';
import { ageInWords, sizeInWords } from './amounts.ts';
import { linesOf } from './render-snapshot.ts';
import type { Cast } from './restore-cast.ts';

export interface PreviewParts {
  readonly fetched: Fetched;
  readonly restore: Pick<HandRestore, 'present'>;
  readonly cast: Cast;
  readonly config: Pick<NodeConfig, 'dataDir' | 'urls' | 'requiredSize'>;
  readonly binaries: Pick<EtcdBinaries, 'version'>;
  readonly nowMs: number;
}

/** What a restore would bring back, and what it would replace. */
export function renderPreview(parts: PreviewParts): string {
  const { fetched, restore, cast, config, binaries, nowMs } = parts;
  const { id, revision, rows, sizeBytes, takenAt, lineage, etcdVersion, members } = fetched.facts;
  const { name, token } = cast;
  const age = takenAt === null ? null : ageInWords(nowMs - Date.parse(takenAt));
  return linesOf([
    ['snapshot', `${id} in ${fetched.from}`],
    ['taken', age === null ? 'it does not say when' : `${takenAt}, ${age} ago`],
    ['lineage', lineage ?? 'it does not say'],
    ['contains', `revision ${revision}, ${rows} rows, ${sizeInWords(sizeBytes)}`],
    ['of members', members.length === 0 ? 'it does not say' : members.join(', ')],
    ['etcd', `taken of ${etcdVersion ?? 'it does not say'}, restored with ${binaries.version}`],
    ['into', config.dataDir],
    ['there now', inTheWay(restore.present)],
    ['this node was', identityInWords(restore.present)],
    ['becomes', `${name} at ${config.urls.peerAdvertise}, of a new lineage from token ${token}`],
    ['with', companyInWords(cast, config.requiredSize)],
  ]);
}

function inTheWay({ data }: PresentState): string {
  if (data.kind === 'none') return 'no data';
  const aside = 'it is moved aside, not deleted (S3)';
  return data.kind === 'unreadable'
    ? `data that cannot be read (${data.problem}): ${aside}`
    : `data of a member: ${aside}`;
}

function identityInWords({ identity }: PresentState): string {
  if (identity === null) return 'nobody yet';
  const { name, memberId, lineage } = identity;
  const member = memberId === null ? 'no member' : `member ${memberId}`;
  return `${name}, ${member}${lineage === null ? '' : ` of lineage ${lineage}`}`;
}

function companyInWords({ members, name }: Cast, requiredSize: number): string {
  const others = members.filter((member) => member.name !== name);
  if (others.length > 0) return others.map((one) => `${one.name} at ${one.peerUrl}`).join(', ');
  if (requiredSize === 1) return 'nobody: a cluster of one';
  return `nobody yet: ${requiredSize - 1} empty nodes may join it`;
}

/** What was done, and what is next. */
export function renderReceipt(receipt: RestoreReceipt, path: string): string {
  const { snapshot, dataDir, movedTo, plan, name } = receipt;
  const rows = linesOf([
    ['restored', `${snapshot.id} at revision ${snapshot.revision} into ${dataDir}`],
    ['as', `${name}, in the new lineage ${plan.id}`],
    ['old data', movedTo ?? 'there was none'],
    ['receipt', path],
  ]);
  const next =
    plan.members.length === 1
      ? 'Start it with "e2d run" and the flags of this node.'
      : 'Do the same on the other members, then start all with "e2d run" and their flags.';
  return `${rows}${next}\n`;
}
