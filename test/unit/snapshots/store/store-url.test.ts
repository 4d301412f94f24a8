import { describe, expect, test } from 'vitest';
import { E2dError } from '../../../../src/errors/e2d-error.ts';
import { parseStoreUrl } from '../../../../src/snapshots/store/store-url.ts';

const s3 = {
  kind: 's3',
  bucket: 'backups',
  prefix: '',
  singleKey: 'etcd.snapshot',
  endpoint: null,
  regionHint: null,
  isSpaces: false,
  place: 's3://backups',
};
const spaces = {
  ...s3,
  endpoint: 'https://nyc3.digitaloceanspaces.com',
  regionHint: 'us-east-1',
  isSpaces: true,
  place: 'https://nyc3.digitaloceanspaces.com/backups',
};

describe('the URL of a store', () => {
  test.each([
    ['file://relative', 'relative'],
    ['file://relative/deep/', 'relative/deep'],
    ['file:///abs', '/abs'],
    ['file:///abs//x/./y/', '/abs/x/y'],
    ['file:///a%20b', '/a b'],
    ['file:///a@b/c', '/a@b/c'],
  ])('%s is a path', (url, path) => {
    expect(parseStoreUrl(url)).toEqual({ kind: 'file', path, place: `file://${path}` });
  });

  test.each([
    ['s3://backups', s3],
    ['s3://backups/', s3],
    ['s3://backups/p', { ...s3, prefix: 'p', singleKey: 'p', place: 's3://backups/p' }],
    [
      's3://backups/p/q.gz/',
      { ...s3, prefix: 'p/q.gz', singleKey: 'p/q.gz', place: 's3://backups/p/q.gz' },
    ],
    ['s3://backups/a%25b', { ...s3, prefix: 'a%b', singleKey: 'a%b', place: 's3://backups/a%b' }],
    ['s3://my.own-1', { ...s3, bucket: 'my.own-1', place: 's3://my.own-1' }],
    ['https://nyc3.digitaloceanspaces.com/backups', spaces],
    ['https://nyc3.digitaloceanspaces.com/backups/', spaces],
    [
      'https://nyc3.digitaloceanspaces.com/backups/p/q',
      { ...spaces, prefix: 'p/q', singleKey: 'p/q', place: `${spaces.place}/p/q` },
    ],
  ])('%s is a bucket', (url, location) => {
    expect(parseStoreUrl(url)).toEqual(location);
  });

  test.each([
    ['', 'is not the address'],
    ['/var/backups', 'is not the address'],
    ['FILE:///x', 'is not the address'],
    ['gs://bucket', 'is not the address'],
    ['http://nyc3.digitaloceanspaces.com/backups', 'is not the address'],
    ['https://example.com/backups', 'is neither a Space'],
    ['https://nyc3.digitaloceanspaces.com.example.com/backups', 'is neither a Space'],
    ['https://nyc3.digitaloceanspaces.com', 'names no bucket'],
    ['https://nyc3.digitaloceanspaces.com/', 'names no bucket'],
    ['https://backups.nyc3.digitaloceanspaces.com/p', 'has its bucket in the host name'],
    ['file://', 'names no folder'],
    ['file:///', 'names no folder'],
    ['file://a/..', 'names no folder'],
    ['file:///a%00b', 'holds a control character'],
    ['file:///a%b', 'has a % that begins no character'],
    ['file:///a?b', 'holds a query'],
    ['s3://', 'names no bucket'],
    ['s3:///p', 'names no bucket'],
    ['s3://backups/../x', '".."'],
    ['s3://backups/a/%2E%2E/x', '".."'],
    ['s3://backups//x', 'has an empty part'],
    ['s3://backups/a//x', 'has an empty part'],
    ['s3://backups/a\nb', 'holds a control character'],
    ['s3://ab', 'no bucket can be called'],
    [`s3://${'a'.repeat(64)}`, 'no bucket can be called'],
    ['s3://Backups', 'no bucket can be called'],
    ['s3://back_ups', 'no bucket can be called'],
    ['s3://-backups', 'no bucket can be called'],
    ['s3://backups.', 'no bucket can be called'],
    ['s3://back..ups', 'no bucket can be called'],
    ['s3://192.168.5.4', 'no bucket can be called'],
    ['s3://xn--backups', 'no bucket can be called'],
    ['s3://backups:9000/x', 'no bucket can be called'],
  ])('%j is refused', (url, problem) => {
    const error = refusalOf(url);
    expect(error).toMatchObject({ code: 'E2D_BAD_CONFIG', exit: 2 });
    expect(error.message).toContain(problem);
    expect(error.remedy).not.toBe('');
  });

  test('says where a bucket in the host name belongs', () => {
    expect(refusalOf('https://backups.nyc3.digitaloceanspaces.com/p').remedy).toBe(
      'Write https://nyc3.digitaloceanspaces.com/backups/p.',
    );
  });

  test.each([
    ['s3://id:hidden@backups/p'],
    ['https://id:hidden@nyc3.digitaloceanspaces.com/backups'],
    ['gs://id:hidden@backups'],
    ['id:hidden@backups'],
    ['s3://backups/p?key=hidden'],
    ['s3://backups/p#hidden'],
    ['nonsense?hidden\nhidden'],
  ])('%j is refused without its secret', (url) => {
    const { message, remedy } = refusalOf(url);
    expect(`${message} ${remedy}`).not.toContain('hidden');
    expect(message).toMatch(/backups|nonsense/);
  });
});

function refusalOf(url: string): E2dError {
  try {
    parseStoreUrl(url);
  } catch (error) {
    if (error instanceof E2dError) return error;
    throw error;
  }
  throw new Error(`${url} was taken`);
}
