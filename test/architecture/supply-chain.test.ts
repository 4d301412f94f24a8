import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { auditVerdict } from '../supply-chain/audit-verdict.ts';
import { lockedPackages, productionPackages, readManifest } from '../supply-chain/lock-file.ts';
import { refOf, sbomFile, sbomText } from '../supply-chain/sbom.ts';
import { readProjectFile } from './project-files.ts';

/** What e2d itself asks for. Another one needs a reason: it can do all that e2d can do. */
const direct = {
  '@aws-sdk/client-s3': 'snapshots in S3',
  '@aws-sdk/credential-providers': 'profiles and roles',
  '@aws-sdk/ec2-metadata-service': 'the region of an instance',
  '@grpc/grpc-js': 'calls to etcd',
  asn1js: 'certificates',
  cac: 'commands',
  cockatiel: 'retries in etcd3',
  etcd3: 'calls to etcd',
  pino: 'the log',
  'pino-pretty': 'the log on a terminal',
  pkijs: 'certificates',
  rxjs: 'streams of facts',
  xstate: 'the charts',
  yaml: 'the configuration file',
  zod: 'shapes of what comes from outside',
};
const mostProductionPackages = 104;
const licences = ['0BSD', 'Apache-2.0', 'BSD-3-Clause', 'ISC', 'MIT'];
/** Its script only warns of a version number; nothing of the project runs it. */
const withInstallScript = ['protobufjs'];

describe('production packages', () => {
  test('are those that e2d has a use for', () => {
    expect(Object.keys(readManifest().dependencies).sort()).toEqual(Object.keys(direct).sort());
    expect(productionPackages().length).toBeLessThanOrEqual(mostProductionPackages);
  });

  test('have licences that go with that of e2d', () => {
    const others = productionPackages().filter(({ license = '' }) => !licences.includes(license));
    expect(others.map(({ path, license }) => `${path}: ${license}`)).toEqual([]);
  });

  test('are held by a SHA-512 in the lock', () => {
    const loose = productionPackages().filter(
      ({ integrity = '' }) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity),
    );
    expect(loose.map(({ path }) => path)).toEqual([]);
  });

  test('run nothing when they are installed', () => {
    const scripted = productionPackages().filter(({ hasInstallScript }) => hasInstallScript);
    expect(scripted.map(({ name }) => name)).toEqual(withInstallScript);
    const installs = ['package.json', 'Dockerfile'].flatMap((path) =>
      readProjectFile(path).match(/npm ci[^&\n]*/g),
    );
    expect(installs.length).toBeGreaterThanOrEqual(3);
    for (const command of installs) expect(command).toContain('--ignore-scripts');
  });
});

describe('all packages', () => {
  test('that are asked for are asked for in one version, which the lock has', () => {
    const { dependencies, devDependencies } = readManifest();
    const locked = new Map(lockedPackages().map(({ path, version }) => [path, version]));
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
      expect(version, name).toBe(locked.get(`node_modules/${name}`));
    }
  });

  test('come from the registry that npm is told to use, whichever that is', () => {
    const bound = lockedPackages().filter(({ resolved }) => resolved !== undefined);
    expect(bound.map(({ path }) => path)).toEqual([]);
  });

  test('without a hash are tools for other machines', () => {
    const loose = lockedPackages().filter(({ integrity }) => integrity === undefined);
    expect(loose.filter(({ dev, optional }) => !(dev && optional))).toEqual([]);
  });
});

describe('the SBOM', () => {
  const committed = readProjectFile(sbomFile);

  test('is that of the lock; npm run sbom writes it', () => {
    expect(committed).toBe(sbomText());
  });

  test('lists exactly what npm itself finds to be production packages', () => {
    // "npm sbom --omit=dev" leaves out what a tool needs as well, as zod: so "npm ls" is asked.
    const folder = mkdtempSync(join(tmpdir(), 'e2d-sbom-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    for (const file of ['package.json', 'package-lock.json']) {
      writeFileSync(join(folder, file), readProjectFile(file));
    }
    const args = ['ls', '--all', '--omit=dev', '--json', '--package-lock-only'];
    const printed = execFileSync('npm', args, {
      ...{ cwd: folder, encoding: 'utf8' as const, maxBuffer: 2 ** 25 },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const { components } = JSON.parse(committed) as { components: { 'bom-ref': string }[] };
    const listed = components.map((one) => one['bom-ref']).sort();
    expect(listed).toEqual([...new Set(refsUnder(JSON.parse(printed) as Tree))].sort());
  });

  test('names for each package those that it needs', () => {
    const { dependencies } = JSON.parse(committed) as {
      dependencies: { ref: string; dependsOn: string[] }[];
    };
    const needs = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
    for (const one of productionPackages()) {
      const listed = needs.get(refOf(one))?.map((ref) => ref.replace(/(?<=.)@[^@]*$/, ''));
      expect(listed, one.path).toEqual(Object.keys(one.dependencies).sort());
    }
  });
});

interface Tree {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, Tree>>;
}

function refsUnder({ dependencies = {} }: Tree): readonly string[] {
  return Object.entries(dependencies).flatMap(([name, tree]) => [
    refOf({ name, version: tree.version }),
    ...refsUnder(tree),
  ]);
}

describe('an audit', () => {
  test('with a grave weakness fails', () => {
    const weak = { name: 'x', severity: 'high', range: '<2' };
    const slight = { name: 'y', severity: 'moderate' };
    expect(auditVerdict(JSON.stringify({ vulnerabilities: { x: weak, y: slight } }))).toEqual({
      kind: 'vulnerable',
      sentences: ['x <2: high'],
    });
    expect(auditVerdict(JSON.stringify({ vulnerabilities: { y: slight } })).kind).toBe('clean');
  });

  test.each(['', '{}', 'null', '<html>', '{"message":"no","error":{"summary":"","code":"E"}}'])(
    'without a report is none: %s',
    (printed) => {
      expect(auditVerdict(printed).kind).toBe('unanswered');
    },
  );
});
