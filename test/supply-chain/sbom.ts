import {
  type LockedPackage,
  type Manifest,
  productionPackages,
  readManifest,
  resolved,
} from './lock-file.ts';

export const sbomFile = 'docs/sbom.cdx.json';

/**
 * The production packages in CycloneDX 1.5, as package-lock.json has them. It says nothing of when
 * and where it was made: the same lock gives the same bytes.
 */
export function sbomText(): string {
  const manifest = readManifest();
  const packages = [...productionPackages()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const sbom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { ...ownComponent(manifest) } },
    components: distinct(packages).map(component),
    dependencies: [
      { ref: refOf(manifest), dependsOn: refsOf(packages, '', manifest.dependencies) },
      ...distinct(packages).map((one) => ({
        ref: refOf(one),
        dependsOn: refsOf(packages, one.path, one.dependencies),
      })),
    ],
  };
  return `${JSON.stringify(sbom, null, 1)}\n`;
}

function ownComponent(manifest: Manifest) {
  const { name, version, description, license } = manifest;
  return {
    'bom-ref': refOf(manifest),
    type: 'application',
    ...{ name, version, description, purl: purlOf(manifest) },
    licenses: [{ license: { id: license } }],
  };
}

function component(one: LockedPackage) {
  const { name, version, integrity = '', license = '' } = one;
  const [, digest = ''] = /^sha512-(\S+)$/.exec(integrity) ?? [];
  return {
    'bom-ref': refOf(one),
    type: 'library',
    ...{ name, version, scope: 'required', purl: purlOf(one) },
    hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }],
    licenses: [{ license: { id: license } }],
  };
}

/** One that is installed in two places is one component. */
function distinct(packages: readonly LockedPackage[]): readonly LockedPackage[] {
  return [...new Map(packages.map((one) => [refOf(one), one] as const)).values()];
}

function refsOf(
  packages: readonly LockedPackage[],
  from: string,
  asked: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.keys(asked)
    .map((name) => resolved(packages, from, name))
    .filter((found) => found !== undefined)
    .map(refOf)
    .sort();
}

export function refOf({ name, version }: Pick<LockedPackage, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

function purlOf({ name, version }: Pick<LockedPackage, 'name' | 'version'>): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}
