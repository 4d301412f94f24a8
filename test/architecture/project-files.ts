import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the project, with a slash at its end. */
export const projectFolder = fileURLToPath(new URL('../../', import.meta.url));

/** Paths of all files that are committed or would be, relative to the project. */
export function projectFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: projectFolder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(listed.split('\0'))]
    .filter((path) => path !== '' && existsSync(projectFolder + path))
    .sort();
}

export function readProjectFile(path: string): string {
  return readFileSync(projectFolder + path, 'utf8');
}

/** The files that match, with their text. */
export function readFiles(matching: RegExp): readonly SourceFile[] {
  return projectFiles()
    .filter((path) => matching.test(path))
    .map((path) => ({ path, text: readProjectFile(path) }));
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}
