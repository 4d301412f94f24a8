import { describe, expect, test } from 'vitest';
import type { EtcdInstallProgress } from '../../../../src/etcd/binaries/progress.ts';
import { progressLines } from '../../../../src/etcd/binaries/progress-lines.ts';

function render(isTerminal: boolean, events: readonly EtcdInstallProgress[]): string[] {
  const written: string[] = [];
  const show = progressLines({ isTerminal, write: (text) => written.push(text) });
  for (const event of events) show(event);
  return written;
}

function received(megabytes: number, totalBytes: number | null = 20e6): EtcdInstallProgress {
  return { kind: 'download', what: 'etcd 3.6.1', receivedBytes: megabytes * 1e6, totalBytes };
}

describe('without a terminal', () => {
  test('a download is a line for every quarter, without control characters', () => {
    const steps = Array.from({ length: 201 }, (_, step) => received(step / 10));
    expect(render(false, steps)).toEqual([
      'Downloading etcd 3.6.1: 0 % of 20.0 MB\n',
      'Downloading etcd 3.6.1: 25 % of 20.0 MB\n',
      'Downloading etcd 3.6.1: 50 % of 20.0 MB\n',
      'Downloading etcd 3.6.1: 75 % of 20.0 MB\n',
      'Downloading etcd 3.6.1: 100 % of 20.0 MB\n',
    ]);
  });

  test('a download of unknown size is one line', () => {
    expect(render(false, [received(1, null), received(9, null)])).toEqual([
      'Downloading etcd 3.6.1: 1.0 MB\n',
    ]);
  });

  test('everything else is a sentence', () => {
    const lines = render(false, [
      { kind: 'step', text: 'Reading the package lists of trixie' },
      { kind: 'refused', source: 'official releases', reason: 'no answer' },
      { kind: 'installed', version: '3.6.1', dir: '/c/3.6.1' },
    ]);
    expect(lines).toEqual([
      'Reading the package lists of trixie\n',
      'Not from the official releases: no answer\n',
      'Installed etcd 3.6.1 in /c/3.6.1\n',
    ]);
  });
});

describe('on a terminal', () => {
  test('a download is a bar that is drawn over itself and ends its line when it is full', () => {
    const [half, full] = render(true, [received(10), received(20)]);
    expect(half).toBe(
      `\rDownloading etcd 3.6.1 [${'#'.repeat(15)}${'-'.repeat(15)}] 50 % of 20.0 MB\u001b[K`,
    );
    expect(full).toBe(`\rDownloading etcd 3.6.1 [${'#'.repeat(30)}] 100 % of 20.0 MB\u001b[K\n`);
  });

  test('what follows an unfinished bar starts on a line of its own', () => {
    const written = render(true, [received(10), { kind: 'step', text: 'Next' }]);
    expect(written.slice(1)).toEqual(['\n', 'Next\n']);
  });
});
