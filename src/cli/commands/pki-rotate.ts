import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { badConfig } from '../../config/bad-config.ts';
import type { NodeConfig } from '../../config/node-config.ts';
import { E2dError } from '../../errors/e2d-error.ts';
import { harmless } from '../../errors/shown.ts';
import { EtcdFault } from '../../etcd/client/etcd-fault.ts';
import type { Rotation } from '../../etcd/pki/rotation.ts';
import { systemClock } from '../../node/clock.ts';
import {
  abortRotation,
  beginRotation,
  moveOn,
  type RotationState,
} from '../../node/rotation/conduct-rotation.ts';
import { type Authority, type KeyPair, openAuthority } from '../../pki/authority.ts';
import { readCertificates } from '../../pki/read-certificates.ts';
import type { Invocation } from '../command.ts';
import { nodeConfigOf } from '../own-cluster.ts';
import { helpOf, isOn, refuseBadFlags } from '../own-flags.ts';
import { readText, textFlag } from '../pki-session.ts';
import { rotationJson, rotationLines } from '../render-rotation.ts';
import { RotationProgress } from '../rotation-progress.ts';
import { type Asked, RotationEtcd } from '../rotation-session.ts';
import { inSession, type Session } from '../snapshot-session.ts';

const lookEveryMs = 1_000;

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  refuseBadMix(invocation);
  return inSession(invocation, async (session) => {
    const config = await nodeConfigOf(invocation, session);
    const authority = await newAuthority(invocation, session);
    const progress = new RotationProgress(invocation.terminal);
    const etcd = await RotationEtcd.open(config, {
      authority,
      signal: session.signal,
      onTrouble: (sentence) => progress.trouble(sentence),
    });
    try {
      if (isOn('status', invocation)) return tell((await etcd.state()).state, invocation);
      const old = authority === null ? null : () => oldAuthority(invocation, session, config);
      const conducting = { etcd, authority, old, progress, session, invocation };
      const ended = await conduct(conducting);
      return tell(ended, invocation);
    } catch (problem) {
      if (session.signal.aborted) invocation.terminal.err(`${resumable}\n`);
      throw problem;
    } finally {
      etcd.close();
    }
  });
}

const resumable = 'Run it again when you like: it goes on from where it is.';

interface ConductParts {
  readonly etcd: RotationEtcd;
  readonly authority: Authority | null;
  readonly old: (() => Promise<KeyPair>) | null;
  readonly progress: RotationProgress;
  readonly session: Session;
  readonly invocation: Invocation;
}

type Outcome = 'begun' | 'goes-on' | 'over';

/** Until nothing is left to do for whoever called the command. */
async function conduct(parts: ConductParts): Promise<RotationState> {
  const { etcd, progress, session } = parts;
  let hasBegun = false;
  for (;;) {
    const asked = await etcd.state();
    progress.show(asked.state, systemClock.wallTime());
    const outcome: Outcome = await step(asked, { ...parts, hasBegun }).catch((problem: unknown) => {
      if (!(problem instanceof EtcdFault)) throw problem;
      progress.trouble(`It is tried again, for etcd did not do its part (${problem.message}).`);
      return 'goes-on';
    });
    if (outcome === 'over') return asked.state;
    const { rotation } = asked.state;
    hasBegun ||= outcome === 'begun' || (rotation !== null && !isEnded(rotation, true));
    await pause(lookEveryMs, undefined, { signal: session.signal });
  }
}

async function step(
  { state, endpoint, bounds }: Asked,
  parts: ConductParts & { readonly hasBegun: boolean },
): Promise<Outcome> {
  const { authority, old, progress, invocation, hasBegun } = parts;
  const now = () => systemClock.wallTime();
  const { rotation } = state;
  const isAbort = isOn('abort', invocation);
  if (isAbort && rotation?.phase !== 'abort' && rotation?.phase !== 'aborted') {
    await abortRotation(state, { endpoint, now, bounds });
    return 'goes-on';
  }
  const conducting = { endpoint, now, bounds, mayDropOld: isOn('drop-old', invocation) };
  const isOfOther = authority !== null && fingerprintOf(authority) !== rotation?.new.fingerprint;
  // Whoever called it off meanwhile has not asked for another one.
  const isCalledOff = rotation?.phase === 'abort' || (hasBegun && rotation?.phase === 'aborted');
  if (!isAbort && isCalledOff) throw calledOff();
  if (authority !== null && old !== null && (rotation === null || isEnded(rotation, isOfOther))) {
    const begun = await beginRotation(state, await old(), { ...conducting, authority });
    if (begun) progress.say('The change of authorities has begun.');
    return begun ? 'begun' : 'goes-on';
  }
  if (rotation === null) return 'over';
  if (!isAbort && isOfOther) throw another(rotation);
  const made = await moveOn({ ...state, rotation }, { ...conducting, authority });
  for (const { member, role, subject } of made.kind === 'reissue' ? made.certificates : []) {
    progress.say(harmless(`Issued anew: the ${role} certificate of ${member}, "${subject}".`));
  }
  if (made.kind === 'held') progress.say(held);
  const isOver = made.kind === 'held' || rotation.phase === 'done' || rotation.phase === 'aborted';
  return isOver ? 'over' : 'goes-on';
}

const held =
  'Every member shows certificates of the new authority. Give every client of the cluster one, ' +
  'too, and then run it again with --drop-old: who shows one of the old authority is refused then.';

/** A change that is over is no reason not to begin another one; that it was done is told once. */
function isEnded({ phase }: Rotation, isOfOther: boolean): boolean {
  return phase === 'aborted' || (phase === 'done' && isOfOther);
}

function tell(state: RotationState, invocation: Invocation): number {
  const now = systemClock.wallTime();
  const text = isOn('json', invocation)
    ? JSON.stringify(rotationJson(state, now), null, 2)
    : rotationLines(state, now).join('\n');
  invocation.terminal.out(`${text}\n`);
  return 0;
}

function refuseBadMix(invocation: Invocation): void {
  const wanted = ['status', 'abort', 'drop-old'].filter((name) => isOn(name, invocation));
  const given = ['new-ca-cert', 'new-ca-key'].filter((name) => textFlag(name, invocation));
  const problems: string[] = [];
  if (wanted.length > 1) {
    problems.push(`${wanted.map((name) => `--${name}`).join(' and ')} are not given together.`);
  }
  const isForAll = wanted.length === 0 || wanted[0] === 'drop-old';
  if (isForAll && given.length < 2) {
    problems.push('The new authority signs: give --new-ca-cert and --new-ca-key.');
  }
  if (problems.length > 0) throw badConfig({ problems, warnings: [] }, helpOf(invocation.command));
}

async function newAuthority(
  invocation: Invocation,
  { surroundings }: Session,
): Promise<Authority | null> {
  const certFile = textFlag('new-ca-cert', invocation);
  const keyFile = textFlag('new-ca-key', invocation);
  if (certFile === undefined || keyFile === undefined || isOn('abort', invocation)) return null;
  const certificate = await readText(resolve(surroundings.cwd, certFile));
  const key = await readText(resolve(surroundings.cwd, keyFile));
  return openAuthority({ certificate, key });
}

/** Named, or the only one of `--ca-cert` that is not the new one; with its key. */
async function oldAuthority(
  invocation: Invocation,
  { surroundings }: Session,
  { tls, caKeyFile }: Pick<NodeConfig, 'tls' | 'caKeyFile'>,
): Promise<KeyPair> {
  const namedKey = textFlag('old-ca-key', invocation);
  const keyFile = namedKey === undefined ? caKeyFile : resolve(surroundings.cwd, namedKey);
  if (keyFile === null) throw withoutOldKey();
  const named = textFlag('old-ca-cert', invocation);
  const path = named === undefined ? tls?.caCertFile : resolve(surroundings.cwd, named);
  const pem = path === undefined ? '' : await readText(path);
  const own = await readText(resolve(surroundings.cwd, textFlag('new-ca-cert', invocation) ?? ''));
  const isNew = new Set(readCertificates(own).map(({ fingerprint }) => fingerprint));
  const others = readCertificates(pem).filter(({ fingerprint }) => !isNew.has(fingerprint));
  const certificate = others.map(({ x509 }) => x509.toString()).join('');
  return { certificate, key: await readText(keyFile) };
}

function withoutOldKey(): E2dError {
  return new E2dError('The old authority must vouch for the new one, and its key is not given.', {
    code: 'E2D_ROTATION_REFUSED',
    remedy: 'Name it with --old-ca-key; where it is lost, docs/pki-rotation.md tells what to do.',
  });
}

function fingerprintOf({ certificate }: Authority): string | undefined {
  return readCertificates(certificate)[0]?.fingerprint;
}

function calledOff(): E2dError {
  return new E2dError('The change of authorities was called off.', {
    code: 'E2D_ROTATION_REFUSED',
    remedy: 'Where --status shows that it is not over yet, finish it with --abort.',
  });
}

function another(rotation: Rotation): E2dError {
  return new E2dError(
    `Another change of authorities is under way, to the one with the SHA-256 fingerprint ` +
      `${rotation.new.fingerprint}.`,
    {
      code: 'E2D_ROTATION_REFUSED',
      remedy: 'Finish that first, with its --new-ca-cert and --new-ca-key; --status shows it.',
    },
  );
}
