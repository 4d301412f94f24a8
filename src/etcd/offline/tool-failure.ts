import { basename } from 'node:path';
import { E2dError } from '../../errors/e2d-error.ts';
import type { ToolEnd } from './run-tool.ts';

/**
 * What a machine can run out of, or may not do. Such a failure says nothing about the snapshot:
 * taking it for damage would make a restore pass over the newest snapshot for an older one.
 */
const ofThisMachine =
  /no space left|disk quota|permission denied|operation not permitted|read-only file system|cannot allocate memory|out of memory|too many open files|input\/output error|no such file or directory|unknown flag|resource temporarily unavailable|failed to create new OS thread/i;

const sentenceLengthMax = 200;

/** What the tool says was wrong, in one line. */
export function toolSentence({ code, signal, stderr }: Omit<ToolEnd, 'stdout'>): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  if (lines.some((line) => /expected sha256 \[/.test(line))) {
    return 'the SHA-256 of its content is not the one at its end';
  }
  const error = lines.findLast((line) => line.startsWith('Error: '));
  if (error !== undefined) return shortened(error.slice('Error: '.length));
  const panic = lines.find((line) => /^(?:panic|fatal error): /.test(line));
  if (panic === 'fatal error: fault') return 'it refers to pages that are not in it';
  const last = panic ?? lines.findLast((line) => line !== '');
  if (last !== undefined) return shortened(last);
  return signal === null ? `exit code ${code ?? 'unknown'}` : `it was ended by ${signal}`;
}

/** Whether a program that ended like this met trouble of the machine, not of its input. */
export function isTroubleOfMachine(end: {
  readonly signal: string | null;
  readonly text: string;
}): boolean {
  return end.signal !== null || ofThisMachine.test(end.text);
}

/** A failed run of the tool on `file`: `E2D_SNAPSHOT_CORRUPT`, or else `E2D_RESTORE_FAILED`. */
export function toolFailure(program: string, file: string, end: ToolEnd): E2dError {
  const [tool, said] = [basename(program), toolSentence(end)];
  if (isTroubleOfMachine({ signal: end.signal, text: end.stderr })) {
    return new E2dError(`${tool} failed on ${file}: ${said}.`, {
      code: 'E2D_RESTORE_FAILED',
      remedy: 'Remove the cause on this machine and try again.',
    });
  }
  return corruptSnapshot(file, `${tool} says: ${said}`);
}

export function corruptSnapshot(file: string, problem: string): E2dError {
  return new E2dError(`${file} is not a sound snapshot: ${problem}.`, {
    code: 'E2D_SNAPSHOT_CORRUPT',
    remedy: 'Use another snapshot.',
  });
}

function shortened(text: string): string {
  const plain = text.replace(/\.$/, '');
  return plain.length > sentenceLengthMax ? `${plain.slice(0, sentenceLengthMax - 1)}…` : plain;
}
