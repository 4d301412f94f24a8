import type { StatusReport } from '../../machines/status-report.ts';
import { textOf } from '../errors/e2d-error.ts';
import type { EndpointPool } from '../etcd/client/endpoint-pool.ts';
import type { Survivor } from './recovery-sources.ts';

/** Who is asked: this node, and the peers that gossip shows alive. */
export function survivorsIn({ node, etcd, peers }: StatusReport): readonly Candidate[] {
  const own = { name: node.name, isOwn: true, clientUrl: etcd.clientUrl };
  const others = peers
    .filter(({ liveness }) => liveness === 'alive')
    .map(({ name, clientUrl }) => ({ name, isOwn: false, clientUrl }));
  return [own, ...others];
}

type Candidate = Pick<Survivor, 'name' | 'isOwn' | 'clientUrl'>;

/** Asks each one's etcd how far it has come: from its own state, for quorum is lost. */
export async function askSurvivors(
  candidates: readonly Candidate[],
  {
    pool,
    signal,
    timeoutMs,
  }: {
    readonly pool: EndpointPool;
    readonly signal: AbortSignal;
    readonly timeoutMs: number;
  },
): Promise<readonly Survivor[]> {
  return Promise.all(
    candidates.map(async (candidate): Promise<Survivor> => {
      try {
        const status = await pool.at(candidate.clientUrl).status({ signal, timeoutMs });
        const { clusterId, raftTerm, raftAppliedIndex, revision, dbSizeBytes } = status;
        const standing = {
          clusterId,
          raftTerm,
          appliedIndex: raftAppliedIndex,
          revision,
          dbSizeBytes,
        };
        return { ...candidate, standing, problem: null };
      } catch (problem) {
        signal.throwIfAborted();
        return { ...candidate, standing: null, problem: `no answer (${textOf(problem)})` };
      }
    }),
  );
}
