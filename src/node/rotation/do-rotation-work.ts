import { textOf } from '../../errors/e2d-error.ts';
import type { Rotation } from '../../etcd/pki/rotation.ts';
import type { NewFile } from '../../pki/certificate-files.ts';
import { bundleAfter } from './bundle.ts';
import type { RotationWork } from './rotation-work.ts';
import { type TakeRequest, takeCertificates, type WorkDone } from './take-certificates.ts';

/** Changes the node's files as the work says, as far as it can. */
export async function doRotationWork(work: RotationWork, request: TakeRequest): Promise<WorkDone> {
  if (work === 'take-certificates') return takeCertificates(request);
  const { files, rotation, access } = request;
  const changed: string[] = [];
  const problems: string[] = [];
  for (const path of files.trusted) {
    try {
      const before = await access.read(path);
      const content = bundleAfter(work, before, rotation);
      const file: NewFile = { path, content, kind: 'certificate' };
      if (content === before) continue;
      await access.replace([file]);
      changed.push(path);
    } catch (problem) {
      problems.push(byHand(work, path, { rotation, why: textOf(problem) }));
    }
  }
  return { changed, problems };
}

function byHand(
  work: Exclude<RotationWork, 'take-certificates'>,
  path: string,
  { rotation, why }: { readonly rotation: Rotation; readonly why: string },
): string {
  const deed = {
    'trust-both': `add the new authority (${rotation.new.fingerprint}) to it beside the old one`,
    'drop-old': `take the old authority (${rotation.old.fingerprint}) out of it`,
    'drop-new': `take the new authority (${rotation.new.fingerprint}) out of it`,
  }[work];
  return `${path} cannot be replaced (${why.replace(/\.$/, '')}): ${deed} by hand.`;
}
