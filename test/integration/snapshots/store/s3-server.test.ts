import { Readable } from 'node:stream';
import { S3 } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { KEY, MIB, mebibytes, startServer } from './s3-fixture.ts';

/** The SDK as it comes: what it can do is what the server of the tests must understand. */
async function startSdk() {
  const server = await startServer();
  const credentials = { accessKeyId: KEY.id, secretAccessKey: KEY.secret };
  const s3 = new S3({ endpoint: server.url, region: 'x', forcePathStyle: true, credentials });
  onTestFinished(() => s3.destroy());
  return { server, s3, it: { Bucket: 'backups', Key: 'a/it' } };
}

test('a stream with its checksum in the trailer is unframed and checked', async () => {
  const { server, s3, it } = await startSdk();
  const Body = Readable.from(mebibytes(2), { objectMode: false });
  await s3.putObject({ ...it, Body, ContentLength: 2 * MIB });
  expect(server.objects()).toEqual([{ bucket: 'backups', key: 'a/it', sizeBytes: 2 * MIB }]);
  expect((await server.read('backups', 'a/it')).readUInt32BE(MIB)).toBe(1);
});

test.each([
  ['Content-MD5', { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }],
  ['CRC32', { ChecksumCRC32: 'AAAAAA==' }],
  ['SHA256', { ChecksumSHA256: `${'A'.repeat(43)}=` }],
])('a body that is not as its %s says is refused', async (_, checksum) => {
  const { server, s3, it } = await startSdk();
  await expect(s3.putObject({ ...it, Body: 'some bytes', ...checksum })).rejects.toMatchObject({
    name: 'BadDigest',
  });
  expect(server.objects()).toEqual([]);
});

test('a request that is not signed is denied', async () => {
  const { server } = await startSdk();
  const answer = await fetch(`${server.url}/backups/a/it`);
  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain('<Code>AccessDenied</Code>');
});

test('folders are listed as prefixes, and ranges are what was asked for', async () => {
  const { server, s3, it } = await startSdk();
  for (const key of ['a/it', 'a/b/1', 'a/b/2']) await server.write('backups', key, '0123456789');
  const page = await s3.listObjectsV2({ Bucket: 'backups', Prefix: 'a/', Delimiter: '/' });
  expect(page.CommonPrefixes).toEqual([{ Prefix: 'a/b/' }]);
  expect(page.Contents?.map(({ Key }) => Key)).toEqual(['a/it']);
  const part = await s3.getObject({ ...it, Range: 'bytes=3-5' });
  expect(await part.Body?.transformToString()).toBe('345');
  expect(part.ContentRange).toBe('bytes 3-5/10');
  await expect(s3.getObject({ ...it, Range: 'bytes=10-' })).rejects.toMatchObject({
    name: 'InvalidRange',
  });
});

test('a small part that is not the last is refused, and so is an unknown upload', async () => {
  const { s3, it } = await startSdk();
  const { UploadId } = await s3.createMultipartUpload(it);
  const Parts = [];
  for (const PartNumber of [1, 2]) {
    const part = { ...it, UploadId, PartNumber, Body: 'too small' };
    Parts.push({ PartNumber, ETag: (await s3.uploadPart(part)).ETag });
  }
  const whole = { ...it, UploadId, MultipartUpload: { Parts } };
  await expect(s3.completeMultipartUpload(whole)).rejects.toMatchObject({ name: 'EntityTooSmall' });
  const other = { ...whole, UploadId: 'other' };
  await expect(s3.completeMultipartUpload(other)).rejects.toMatchObject({ name: 'NoSuchUpload' });
});
