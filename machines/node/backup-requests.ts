import type { NodeContext } from './context.ts';
import type { NodeEffects } from './effects.ts';
import { because, otherEndpoints } from './requests.ts';

/** The inputs of what is done for snapshots. Total functions of the context. */
type Input<Name extends keyof NodeEffects> = NodeEffects[Name]['input'];

export function snapshotRequest(context: NodeContext): Input<'takeSnapshot'> {
  const { identity, settings, path, backup } = context;
  const isFirst = path === 'restore-from-snapshot' && backup.last === null;
  return {
    trigger: isFirst ? 'after-restore' : 'interval',
    lineage: identity.lineage ?? '',
    endpoints: [settings.clientUrl],
    requiredSize: settings.requiredSize,
    ...because(
      isFirst ? 'S5' : 'S6',
      isFirst
        ? 'a new lineage begins with a snapshot of its own'
        : 'this node leads, and the revision has moved since the last snapshot',
    ),
  };
}

/** Before the member list is changed: what is there now must be there to come back to. */
export function snapshotBeforeChange(context: NodeContext): Input<'takeSnapshot'> {
  const { answer, identity, settings } = context;
  const record = answer.kind === 'answers' ? answer.record : null;
  return {
    trigger: 'before-change',
    lineage: record?.lineage ?? identity.lineage ?? '',
    endpoints: [...(context.pid === null ? [] : [settings.clientUrl]), ...otherEndpoints(context)],
    requiredSize: settings.requiredSize,
    ...because('S6', 'the member list is about to change'),
  };
}

export function thinRequest({ identity }: NodeContext): Input<'thinStore'> {
  return {
    lineage: identity.lineage ?? '',
    ...because('S6', 'snapshots of this lineage have grown older'),
  };
}

export function proofsRequest({ identity }: NodeContext): Input<'readProofs'> {
  return {
    lineage: identity.lineage ?? '',
    ...because('S6', 'a backup counts for nothing until it was restored'),
  };
}

export function proofRequest({ backup }: NodeContext): Input<'proveSnapshot'> {
  return {
    snapshotId: backup.toProve ?? '',
    ...because('S6', 'the latest proof is older than it may become'),
  };
}
