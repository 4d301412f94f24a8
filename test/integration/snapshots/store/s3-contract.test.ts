import { openS3Store } from '../../../../src/snapshots/store/s3-store.ts';
import { startS3Server } from '../../../support/s3-server/s3-server.ts';
import { describeStoreContract } from '../../../support/store-contract.ts';
import { KEY, location, noSettings } from './s3-fixture.ts';

describeStoreContract('a bucket', async () => {
  const server = await startS3Server({
    buckets: ['backups'],
    credentials: [{ accessKeyId: KEY.id, secretAccessKey: KEY.secret }],
  });
  server.faults.pageSize = 3;
  const settings = { ...noSettings, endpoint: server.url, accessKey: KEY, region: 'us-east-1' };
  const { objects } = await openS3Store(location, settings);
  return { store: objects, end: () => server.close() };
});
