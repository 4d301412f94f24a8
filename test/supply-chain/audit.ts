import { spawnSync } from 'node:child_process';
import { projectFolder } from '../architecture/project-files.ts';
import { auditVerdict } from './audit-verdict.ts';

/**
 * `npm run audit`: asks the registry whether a production package has a known grave weakness. Exits
 * 1 when one has, and when nobody answers; with `--if-answered` the latter is only told.
 */
const command = ['audit', '--omit=dev', '--audit-level=high', '--json', '--fetch-retries=0'];
const { stdout } = spawnSync('npm', command, {
  cwd: projectFolder,
  encoding: 'utf8',
  timeout: 60_000,
});
const verdict = auditVerdict(stdout ?? '');
if (verdict.kind === 'clean') {
  process.stdout.write(
    'Audit: no production package has a known weakness that is high or worse.\n',
  );
} else if (verdict.kind === 'vulnerable') {
  process.stdout.write(`Audit: known weaknesses.\n${verdict.sentences.join('\n')}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`Audit SKIPPED: the registry did not answer (${verdict.reason}).\n`);
  process.exitCode = process.argv.includes('--if-answered') ? 0 : 1;
}
