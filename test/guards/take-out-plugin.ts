import type { Plugin } from 'vitest/config';
import { projectFolder } from '../architecture/project-files.ts';
import { type Guard, takeOut } from './guard.ts';

/** Rewrites the guard's file as it is loaded; the file itself stays as it is. */
export class TakeOut {
  readonly plugin: Plugin;
  /** Whether the file was loaded. */
  isDone = false;

  constructor(guard: Guard) {
    const path = projectFolder + guard.file;
    this.plugin = {
      name: 'take-out-guard',
      enforce: 'pre',
      transform: (source, id) => {
        if (id.split('?')[0] !== path) return null;
        this.isDone = true;
        return takeOut(guard, source);
      },
    };
  }
}
