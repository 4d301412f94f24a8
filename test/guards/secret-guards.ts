import type { Guard } from './guard.ts';

const redacted = {
  file: 'test/unit/config/redact.test.ts',
  test: 'a configuration for the log keeps no value that may be a secret',
};

/** What keeps secrets from where they could be read. */
export const secretGuards: readonly Guard[] = [
  {
    id: 'S20-extra-arguments',
    rule: 'S20',
    guard: 'values of extra arguments are left out of logs',
    prevents: 'A token in the log because it was given to etcd.',
    file: 'src/config/redact.ts',
    find: 'config.etcd.extraArgs.map(withoutValue)',
    without: 'config.etcd.extraArgs',
    caughtBy: redacted,
  },
  {
    id: 'S20-addresses',
    rule: 'S20',
    guard: 'user and query of an address are left out of logs',
    prevents: 'The password of a mirror in the log.',
    file: 'src/config/redact.ts',
    find: 'withoutUser(config.etcd.releasesUrl)',
    without: 'config.etcd.releasesUrl',
    caughtBy: redacted,
  },
  {
    id: 'S20-environment',
    rule: 'S20',
    guard: 'etcd gets the variables it needs, and no others',
    prevents: 'Credentials in the environment of a process that others may look at.',
    file: 'src/etcd/flags/etcd-environment.ts',
    find: '(needed.has(name) || asked.has(name))',
    without: 'true',
    caughtBy: {
      file: 'test/unit/etcd/flags/etcd-arguments.test.ts',
      test: 'nothing of etcd, of e2d, of systemd and no credential leaks',
    },
  },
  {
    id: 'S20-private-state',
    rule: 'S20',
    guard: 'files of the state dir are for their owner only',
    prevents: 'An identity that everybody on the machine can read.',
    file: 'src/etcd/data-dir/atomic-file.ts',
    find: "'wx', 0o600",
    without: "'wx', 0o644",
    caughtBy: {
      file: 'test/unit/etcd/data-dir/identity-file.test.ts',
      test: 'the file is private and nothing temporary is left',
    },
  },
  {
    id: 'S20-private-recording',
    rule: 'S20',
    guard: 'recordings are for their owner only',
    prevents: 'A cluster’s history that everybody on the machine can read.',
    file: 'src/journal/segment-file.ts',
    find: "'w', 0o600",
    without: "'w', 0o644",
    caughtBy: {
      file: 'test/unit/journal/journal.test.ts',
      test: 'is for its owner only, and so is the folder',
    },
  },
  {
    id: 'S20-credentials-of-a-mirror',
    rule: 'S20',
    guard: 'an address to download from carries no credentials',
    prevents: 'A password in an error that names the address.',
    file: 'src/etcd/binaries/releases.ts',
    find: "base.password = '';",
    without: '',
    caughtBy: {
      file: 'test/unit/etcd/binaries/releases.test.ts',
      test: 'is fetched from a mirror, whose credentials stay out of the address',
    },
  },
];
