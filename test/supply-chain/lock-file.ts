import { z } from 'zod';
import { readProjectFile } from '../architecture/project-files.ts';

const versions = z.record(z.string(), z.string()).default({});
const lockedSchema = z.object({
  version: z.string(),
  license: z.string().optional(),
  integrity: z.string().optional(),
  resolved: z.string().optional(),
  dev: z.boolean().default(false),
  optional: z.boolean().default(false),
  hasInstallScript: z.boolean().default(false),
  dependencies: versions,
});
const lockSchema = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(z.string(), lockedSchema),
});

export interface LockedPackage extends z.infer<typeof lockedSchema> {
  readonly name: string;
  /** Where it is installed: `node_modules/a/node_modules/b`. */
  readonly path: string;
}

/** Direct dependencies by name, with what package.json says of their versions. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly description: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifestSchema = z.object({
  ...{ name: z.string(), version: z.string(), license: z.string(), description: z.string() },
  ...{ dependencies: versions, devDependencies: versions },
});

export function readManifest(): Manifest {
  return manifestSchema.parse(JSON.parse(readProjectFile('package.json')));
}

/** Every package of package-lock.json but the project itself, by its place. */
export function lockedPackages(): readonly LockedPackage[] {
  const { packages } = lockSchema.parse(JSON.parse(readProjectFile('package-lock.json')));
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, locked]) => ({ ...locked, path, name: path.replace(/^.*node_modules\//, '') }));
}

/** What is installed where e2d runs. */
export function productionPackages(): readonly LockedPackage[] {
  return lockedPackages().filter(({ dev }) => !dev);
}

/** The one that a package gets when it asks for a name: the nearest above it. */
export function resolved(
  all: readonly LockedPackage[],
  from: string,
  name: string,
): LockedPackage | undefined {
  for (let folder = from; ; folder = folder.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    const found = all.find((one) => one.path === path);
    if (found !== undefined || folder === '') return found;
  }
}
