import { ContentCheck } from '../formats/content-check.ts';
import { corrupt } from '../formats/format-errors.ts';
import { packSnapshot } from '../formats/pack-snapshot.ts';
import { PrivateFile } from '../formats/private-file.ts';
import { FileReread } from '../store/file-reread.ts';
import { counted, type OnProgress, type SnapshotSource } from './snapshot-source.ts';

export interface SaveToFileOptions {
  readonly source: SnapshotSource;
  /** A file that is there is replaced, and only by a whole snapshot. */
  readonly path: string;
  /** With `none` it is what `etcdctl snapshot save` writes, for etcdutl to restore. */
  readonly compression: 'gzip' | 'none';
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
}

export interface SavedFile {
  readonly path: string;
  /** The store revision that is certainly in it. */
  readonly revision: number;
  readonly etcdVersion: string;
  /** Of the file. */
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * Takes a snapshot into a file of this machine: written under another name, made durable, read back
 * and compared, and only then named `path`. After any failure nothing is left of it. Rejects as
 * `saveSnapshot` does, and with `E2D_OUTPUT_FILE` when the file cannot be written.
 */
export async function saveToFile(options: SaveToFileOptions): Promise<SavedFile> {
  const ending = new AbortController();
  const bounds = { signal: AbortSignal.any([options.signal, ending.signal]) };
  try {
    const status = await options.source.status(bounds);
    const file = await PrivateFile.create(options.path);
    try {
      const written = await write(file, options, bounds.signal);
      await file.flush();
      await compare(file, written, options);
      options.signal.throwIfAborted();
      await file.publish();
      const { revision, version: etcdVersion } = status;
      return { path: options.path, revision, etcdVersion, ...written };
    } finally {
      await file.discard();
    }
  } catch (problem) {
    options.signal.throwIfAborted();
    throw problem;
  } finally {
    ending.abort();
  }
}

type Written = Pick<SavedFile, 'sizeBytes' | 'sha256'>;

async function write(
  file: PrivateFile,
  { source, compression, onProgress }: SaveToFileOptions,
  signal: AbortSignal,
): Promise<Written> {
  const { totalBytes, chunks } = await source.stream({ signal });
  const content = counted(chunks, (doneBytes) =>
    onProgress?.({ phase: 'streaming', doneBytes, totalBytes }),
  );
  if (compression === 'gzip') {
    const packed = packSnapshot(content, { compression, key: null, contentBytes: totalBytes });
    for await (const chunk of packed.stored) await file.write(chunk);
    const { storedBytes, storedSha256 } = packed.summary();
    return { sizeBytes: storedBytes, sha256: storedSha256 };
  }
  const check = new ContentCheck();
  for await (const chunk of content) {
    check.add(chunk);
    await file.write(chunk);
  }
  const { contentBytes, contentSha256 } = check.finish();
  if (contentBytes !== totalBytes) {
    throw corrupt(`${contentBytes} bytes came of it instead of ${totalBytes}`);
  }
  return { sizeBytes: contentBytes, sha256: contentSha256 };
}

async function compare(
  file: PrivateFile,
  { sizeBytes, sha256 }: Written,
  { signal, onProgress }: SaveToFileOptions,
): Promise<void> {
  signal.throwIfAborted();
  const found = await new FileReread(file.handle).toTheEnd((doneBytes) => {
    signal.throwIfAborted();
    onProgress?.({ phase: 'checking', doneBytes, totalBytes: sizeBytes });
  });
  if (found.sizeBytes !== sizeBytes || found.sha256 !== sha256) {
    throw corrupt('what was read back from the file is not what was written');
  }
}
