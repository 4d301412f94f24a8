import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LoopbackBlock } from '../../../support/loopback.ts';
import { startS3Server } from '../../../support/s3-server/s3-server.ts';
import { bodyOf, bounds, KEY, openStore, start, startServer } from './s3-fixture.ts';

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const sessionKey = { accessKeyId: 'ASIASESSION', secretAccessKey: 'session-secret' };
const instanceKey = { accessKeyId: 'ASIAINSTANCE', secretAccessKey: 'instance-secret' };

/** What EC2 answers on an instance that has a role, and STS next to it. */
async function startInstance(assume: 'allowed' | 'denied') {
  const host = new LoopbackBlock().next();
  const seen: string[] = [];
  const metadata: Readonly<Record<string, string>> = {
    '/latest/api/token': 'metadata-token',
    '/latest/meta-data/placement/region': 'eu-west-3',
    '/latest/meta-data/iam/info': JSON.stringify({
      Code: 'Success',
      InstanceProfileArn: 'arn:aws:iam::123456789012:instance-profile/etcd',
    }),
    '/latest/meta-data/iam/security-credentials/': 'etcd-role',
    '/latest/meta-data/iam/security-credentials/etcd-role': JSON.stringify({
      Code: 'Success',
      AccessKeyId: instanceKey.accessKeyId,
      SecretAccessKey: instanceKey.secretAccessKey,
      Token: 'instance-token',
      Expiration: inAnHour(),
    }),
  };
  const answerSts = async (incoming: IncomingMessage) => {
    let form = '';
    for await (const piece of incoming) form += piece;
    seen.push(form);
    if (assume === 'denied') {
      return [
        403,
        '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>' +
          '<Message>not allowed</Message></Error></ErrorResponse>',
      ] as const;
    }
    const credentials =
      `<AccessKeyId>${sessionKey.accessKeyId}</AccessKeyId>` +
      `<SecretAccessKey>${sessionKey.secretAccessKey}</SecretAccessKey>` +
      `<SessionToken>session-token</SessionToken><Expiration>${inAnHour()}</Expiration>`;
    return [
      200,
      '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>' +
        `<Credentials>${credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    ] as const;
  };
  const server = createServer(async (incoming, res) => {
    // The SDK begins paths with two slashes, which the real one takes for one.
    const known = metadata[incoming.url?.replace('//', '/') ?? ''];
    const [status, text] =
      incoming.url === '/' ? await answerSts(incoming) : [known ? 200 : 404, known];
    res.writeHead(status).end(text);
  });
  server.listen(9100, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    vi.unstubAllEnvs();
  });
  const url = `http://${host}:9100`;
  vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', url);
  vi.stubEnv('AWS_ENDPOINT_URL_STS', `${url}/`);
  return seen;
}

async function startBucketOf(key: typeof sessionKey, sessionToken: string) {
  const server = await startS3Server({
    buckets: ['backups'],
    credentials: [{ ...key, sessionToken }],
  });
  onTestFinished(() => server.close());
  return server;
}

test('a wrong secret is denied, and not told', async () => {
  const { objects } = await start({ accessKey: { id: KEY.id, secret: 'wrong-secret' } });
  const writing = objects.create('it', bodyOf('x'), bounds());
  await expect(writing).rejects.toMatchObject({
    code: 'E2D_STORE_DENIED',
    message: expect.stringContaining('SignatureDoesNotMatch'),
  });
  await expect(writing).rejects.not.toThrow('wrong-secret');
});

test('an unknown key is denied', async () => {
  const { objects } = await start({ accessKey: { id: 'AKIAOTHER', secret: 'x' } });
  await expect(objects.list('', bounds())).rejects.toMatchObject({
    code: 'E2D_STORE_DENIED',
    message: expect.stringContaining('InvalidAccessKeyId'),
  });
});

test('a bucket that is not there is missing', async () => {
  const { objects } = await start({}, { bucket: 'other' });
  await expect(objects.list('', bounds())).rejects.toMatchObject({ code: 'E2D_STORE_MISSING' });
});

test('the default chain takes the environment', async () => {
  const server = await startServer();
  vi.stubEnv('AWS_ACCESS_KEY_ID', KEY.id);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEY.secret);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { objects } = await openStore(server, { accessKey: null });
  expect(await objects.list('', bounds())).toEqual([]);
});

test('no credentials at all are denied with what to give', async () => {
  const server = await startServer();
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { objects } = await openStore(server, { accessKey: null });
  await expect(objects.list('', bounds())).rejects.toMatchObject({
    code: 'E2D_STORE_DENIED',
    remedy: expect.stringContaining('Give credentials'),
  });
});

test('a session name has the role of the instance assumed', async () => {
  const asked = await startInstance('allowed');
  const server = await startBucketOf(sessionKey, 'session-token');
  const { objects } = await openStore(server, { accessKey: null, roleSessionName: 'node-1' });
  await objects.create('it', bodyOf('x'), bounds());
  expect(server.objects()).toHaveLength(1);
  const form = new URLSearchParams(asked[0]);
  expect(Object.fromEntries(form)).toMatchObject({
    Action: 'AssumeRole',
    RoleArn: 'arn:aws:iam::123456789012:role/etcd-role',
    RoleSessionName: 'node-1',
    DurationSeconds: '900',
  });
  expect(asked).toHaveLength(1);
});

test('a role that may not assume itself is used as it is', async () => {
  const asked = await startInstance('denied');
  const server = await startBucketOf(instanceKey, 'instance-token');
  const { objects } = await openStore(server, { accessKey: null, roleSessionName: 'node-1' });
  await objects.create('it', bodyOf('x'), bounds());
  expect(server.objects()).toHaveLength(1);
  expect(asked.length).toBeGreaterThan(0);
});

test('a session name without an instance is denied with what to do', async () => {
  const server = await startServer();
  vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', 'http://127.0.0.1:1');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { objects } = await openStore(server, { accessKey: null, roleSessionName: 'node-1' });
  await expect(objects.list('', bounds())).rejects.toMatchObject({
    code: 'E2D_STORE_DENIED',
    remedy: expect.stringContaining('--aws-role-session-name'),
  });
});

test.each([
  ['as set', 'ap-south-1', 'us-west-2', 'fra1', 'ap-south-1'],
  ['of the environment', null, 'us-west-2', 'fra1', 'us-west-2'],
  ['of the URL', null, undefined, 'fra1', 'fra1'],
  ['the customary one at another service', null, undefined, null, 'us-east-1'],
])('the region to sign for is %s', async (_, region, environment, regionHint, expected) => {
  const { regionOf } = await import('../../../../src/snapshots/store/s3-region.ts');
  const { location, noSettings } = await import('./s3-fixture.ts');
  vi.stubEnv('AWS_REGION', environment);
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
  onTestFinished(() => void vi.unstubAllEnvs());
  const settings = { ...noSettings, region, endpoint: 'http://127.0.0.1:1' };
  expect(await regionOf({ ...location, regionHint }, settings)).toBe(expected);
});

test('the region of AWS is that of the instance, or must be set', async () => {
  const { regionOf } = await import('../../../../src/snapshots/store/s3-region.ts');
  const { location, noSettings } = await import('./s3-fixture.ts');
  await startInstance('allowed');
  vi.stubEnv('AWS_REGION', undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
  expect(await regionOf(location, noSettings)).toBe('eu-west-3');
  vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', 'http://127.0.0.1:1');
  await expect(regionOf(location, noSettings)).rejects.toMatchObject({
    remedy: expect.stringContaining('AWS_REGION'),
  });
});
