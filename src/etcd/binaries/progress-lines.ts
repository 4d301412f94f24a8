import type { EtcdInstallProgress, OnProgress } from './progress.ts';

export interface ProgressLinesOptions {
  readonly isTerminal: boolean;
  /** Receives text with its own line ends, e.g. `process.stderr.write`. */
  readonly write: (text: string) => void;
}

const barCells = 30;
const plainStepPercent = 25;
const clearToLineEnd = '\u001b[K';

/** Shows an installation: one bar that redraws itself on a terminal, plain lines elsewhere. */
export function progressLines({ isTerminal, write }: ProgressLinesOptions): OnProgress {
  const showDownload = isTerminal ? bar(write) : percentLines(write);
  let drawing = false;
  return (progress) => {
    if (progress.kind === 'download') {
      drawing = isTerminal && progress.receivedBytes !== progress.totalBytes;
      showDownload(progress);
      return;
    }
    if (drawing) write('\n');
    drawing = false;
    write(`${sentenceOf(progress)}\n`);
  };
}

type Download = Extract<EtcdInstallProgress, { kind: 'download' }>;

function bar(write: (text: string) => void): (download: Download) => void {
  return (download) => {
    const { what, receivedBytes, totalBytes } = download;
    const done = receivedBytes === totalBytes;
    const filled = totalBytes === null ? 0 : Math.floor((receivedBytes / totalBytes) * barCells);
    const cells = '#'.repeat(filled) + '-'.repeat(barCells - filled);
    const line = `Downloading ${what} [${cells}] ${amountOf(download)}`;
    write(`\r${line}${clearToLineEnd}${done ? '\n' : ''}`);
  };
}

function percentLines(write: (text: string) => void): (download: Download) => void {
  let shown = '';
  return (download) => {
    const { what, receivedBytes, totalBytes } = download;
    const percent = totalBytes === null ? 0 : (receivedBytes / totalBytes) * 100;
    const step = `${what} ${Math.floor(percent / plainStepPercent)}`;
    if (step === shown) return;
    shown = step;
    write(`Downloading ${what}: ${amountOf(download)}\n`);
  };
}

function amountOf({ receivedBytes, totalBytes }: Download): string {
  const received = (receivedBytes / 1e6).toFixed(1);
  if (totalBytes === null) return `${received} MB`;
  const percent = totalBytes === 0 ? 100 : Math.floor((receivedBytes / totalBytes) * 100);
  return `${percent} % of ${(totalBytes / 1e6).toFixed(1)} MB`;
}

function sentenceOf(progress: Exclude<EtcdInstallProgress, Download>): string {
  switch (progress.kind) {
    case 'step':
      return progress.text;
    case 'refused':
      return `Not from the ${progress.source}: ${progress.reason}`;
    case 'installed':
      return `Installed etcd ${progress.version} in ${progress.dir}`;
  }
}
