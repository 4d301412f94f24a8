import { e2dVersion } from '../../config/e2d-version.ts';
import type { Invocation } from '../command.ts';
import { isOn, refuseBadFlags } from '../own-flags.ts';

export async function run(invocation: Invocation): Promise<number> {
  refuseBadFlags(invocation);
  const version = e2dVersion();
  const node = process.versions.node;
  const platform = `${process.platform}-${process.arch}`;
  invocation.terminal.out(
    isOn('json', invocation)
      ? `${JSON.stringify({ e2d: version, node, platform })}\n`
      : `e2d ${version} (Node.js ${node}, ${platform})\n`,
  );
  return 0;
}
