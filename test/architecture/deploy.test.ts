import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { options } from '../../src/config/options.ts';
import { projectFiles, readFiles, readProjectFile } from './project-files.ts';

const variables = new Set(
  Object.keys(options).map((name) => `E2D_${name.replaceAll('-', '_').toUpperCase()}`),
);

test('what is deployed sets only variables that e2d reads', () => {
  const unknown = readFiles(/^Dockerfile$|^docs\/deploy\//).flatMap(({ path, text }) =>
    [...text.matchAll(/\bE2D_\w+/g)]
      .filter(([name]) => !variables.has(name))
      .map(([name]) => `${path}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

describe('the Dockerfile', () => {
  const lines = readProjectFile('Dockerfile').replaceAll('\\\n', ' ').split('\n');
  const wordsOf = (instruction: string) =>
    lines
      .filter((line) => line.startsWith(`${instruction} `))
      .map((line) => line.split(/\s+/).slice(1));

  test('builds on a pinned release, and does not run as root', () => {
    expect(wordsOf('FROM').map(([image]) => image)).toEqual([
      'node:22-bookworm-slim',
      'node:22-bookworm-slim',
    ]);
    expect(wordsOf('USER')).toEqual([['node']]);
    expect(wordsOf('HEALTHCHECK')).toHaveLength(1);
  });

  test('copies what exists, and what .dockerignore lets through', () => {
    const admitted = readProjectFile('.dockerignore').match(/^!.+$/gm) ?? [];
    const sources = wordsOf('COPY')
      .filter(([first = '']) => !first.startsWith('--'))
      .flatMap((words) => words.slice(0, -1));
    const files = projectFiles();
    for (const source of sources) {
      expect(admitted).toContain(`!${source}`);
      expect(files.some((path) => path === source || path.startsWith(`${source}/`))).toBe(true);
    }
  });
});

test('systemd leaves etcd alone when e2d dies, and does not retry a bad configuration', () => {
  const unit = readProjectFile('docs/deploy/e2d.service').split('\n');
  expect(unit).toEqual(
    expect.arrayContaining([
      'KillMode=process',
      'Restart=on-failure',
      'RestartPreventExitStatus=2',
      'EnvironmentFile=-/etc/e2d.conf',
    ]),
  );
});

test('the DaemonSet is YAML, keeps its data on the machine, and has no liveness probe', () => {
  const documents = parseAllDocuments(readProjectFile('docs/deploy/daemonset.yaml'));
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  const [, daemonSet] = documents.map((document) => document.toJS());
  const pod = daemonSet.spec.template.spec;
  expect(pod).toMatchObject({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' });
  expect(pod.volumes[0].hostPath.path).toBe('/var/lib/e2d');
  expect(pod.containers[0]).not.toHaveProperty('livenessProbe');
});
