import { extraArgumentProblems, parseExtraArguments } from '../etcd/flags/extra-arguments.ts';
import { formatDuration } from './durations.ts';
import type { OpenFindings } from './given.ts';
import type { OptionName, OptionValues } from './options.ts';
import { optionNames, optionOf } from './options.ts';
import { checkSnapshots } from './snapshot-rules.ts';
import type { Origins } from './values.ts';
import { called } from './values.ts';

/** What options must be to one another; kinds have already seen to each alone. */
export function checkRules(values: OptionValues, origins: Origins, findings: OpenFindings): void {
  checkUnavailable(values, origins, findings);
  checkSeeds(values, origins, findings);
  checkHealthTimes(values, origins, findings);
  checkEtcdArguments(values, origins, findings);
  checkSnapshots(values, origins, findings);
  for (const name of optionNames) {
    if (!optionOf(name).unused || !origins.has(name)) continue;
    findings.warnings.push(`${called(name, origins)} has no effect in this version of e2d.`);
  }
}

function checkUnavailable(
  values: OptionValues,
  origins: Origins,
  { problems }: OpenFindings,
): void {
  const discovery = values['peer-discovery'];
  if (discovery !== undefined) {
    problems.push(
      `${called('peer-discovery', origins)} "${discovery}" is not available yet; ` +
        'name the peers with --bootstrap-addrs.',
    );
  }
}

function checkSeeds(values: OptionValues, origins: Origins, findings: OpenFindings): void {
  const size = values['required-cluster-size'];
  const seeds = values['bootstrap-addrs'];
  if (size > 1 && seeds === undefined && values['peer-discovery'] === undefined) {
    if (origins.has('bootstrap-addrs')) return;
    findings.problems.push(
      `${called('required-cluster-size', origins)} ${size} needs --bootstrap-addrs, ` +
        'the gossip address of at least one other node.',
    );
  }
  if (size === 1 && seeds !== undefined) {
    findings.warnings.push(
      `${called('bootstrap-addrs', origins)} has no effect while --required-cluster-size is 1.`,
    );
  }
}

function checkHealthTimes(
  values: OptionValues,
  origins: Origins,
  { problems }: OpenFindings,
): void {
  const intervalMs = values['health-check-interval'];
  const timeoutMs = values['health-check-timeout'];
  if (intervalMs === undefined || intervalMs < timeoutMs) return;
  problems.push(
    `${called('health-check-interval', origins)} ${formatDuration(intervalMs)} must be less than ` +
      `--health-check-timeout, which is ${formatDuration(timeoutMs)}.`,
  );
}

function checkEtcdArguments(values: OptionValues, origins: Origins, findings: OpenFindings): void {
  const args = values['etcd-extra-args'] ?? [];
  const report = (option: OptionName, problems: readonly string[]) => {
    for (const problem of problems) {
      findings.problems.push(`${called(option, origins)} cannot be used: ${problem}.`);
    }
  };
  report('etcd-extra-args', extraArgumentProblems(args));
  report('etcd-pass-env', extraArgumentProblems([], values['etcd-pass-env'] ?? []));
  for (const { flag } of parseExtraArguments(args).flags) {
    if (!flag.startsWith('unsafe-')) continue;
    findings.warnings.push(
      `${called('etcd-extra-args', origins)} holds --${flag}, with which etcd may lose writes.`,
    );
  }
}
