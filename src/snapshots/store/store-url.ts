import { normalize } from 'node:path';
import { E2dError } from '../../errors/e2d-error.ts';
import { shortened } from '../../errors/shown.ts';

/** A folder, or the one file of the first e2d. */
export interface FileLocation {
  readonly kind: 'file';
  /** As the URL has it: relative ones count from the working directory. */
  readonly path: string;
  readonly place: string;
}

export interface S3Location {
  readonly kind: 's3';
  readonly bucket: string;
  /** Of all keys of e2d's layout: '' or 'a/b', without slashes at the ends. */
  readonly prefix: string;
  /** Where the first e2d keeps its one object, given the same URL. */
  readonly singleKey: string;
  /** Of the service, where the URL names one: then path style. */
  readonly endpoint: string | null;
  /** The region to sign for when nothing else says one. */
  readonly regionHint: string | null;
  /** DigitalOcean's Spaces, which have keys of their own. */
  readonly isSpaces: boolean;
  /** For people: the URL, in its plain form. */
  readonly place: string;
}

export type StoreLocation = FileLocation | S3Location;

/** The key under which the first e2d keeps its snapshot when the URL names only a bucket. */
const DEFAULT_KEY = 'etcd.snapshot';
const SPACES_HOST = /^[a-z0-9-]+\.digitaloceanspaces\.com$/;
const SPACES_BUCKET_HOST = /^(.+)\.([a-z0-9-]+\.digitaloceanspaces\.com)$/;
/** Spaces take signatures for this region, wherever they are. */
const SPACES_REGION = 'us-east-1';

/**
 * Where `--snapshot-backup-url`, or another URL of a store, leads to. Throws `E2D_BAD_CONFIG` (exit
 * 2), whose sentence has the URL without user and query: either may hold a secret.
 */
export function parseStoreUrl(text: string): StoreLocation {
  const parts = /^([a-z0-9]+):\/\/([^/?#]*)([^?#]*)(.*)$/s.exec(text);
  const [, scheme = '', host = '', path = '', rest = ''] = parts ?? [];
  const refuse: Refusal = (problem, remedy) => refusal(text, problem, remedy);
  if (host.includes('@')) throw refuse('holds a user name', 'Give keys by variables or files.');
  if (rest !== '') throw refuse('holds a query or a fragment', 'Write ? as %3F and # as %23.');
  const decoded = decode(path, refuse);
  if (scheme === 'file') return fileLocation(decode(host, refuse) + decoded, refuse);
  if (scheme === 's3') return s3Location({ bucket: host, key: decoded }, refuse);
  if (scheme === 'https') return spacesLocation(host, decoded, refuse);
  throw refuse('is not the address of a store that e2d knows');
}

type Refusal = (problem: string, remedy?: string) => E2dError;

function fileLocation(written: string, refuse: Refusal): FileLocation {
  const path = normalize(written).replace(/\/+$/, '');
  if (path === '' || path === '.') throw refuse('names no folder');
  return { kind: 'file', path, place: `file://${path}` };
}

function s3Location(named: { bucket: string; key: string }, refuse: Refusal): S3Location {
  const bucket = checkBucket(named.bucket, refuse);
  const prefix = named.key.replace(/^\//, '').replace(/\/$/, '');
  if (prefix !== '' && prefix.split('/').some((part) => /^\.{0,2}$/.test(part)))
    throw refuse('has an empty part, "." or ".." in its path', 'Leave it out.');
  return {
    kind: 's3',
    bucket,
    prefix,
    singleKey: prefix === '' ? DEFAULT_KEY : prefix,
    endpoint: null,
    regionHint: null,
    isSpaces: false,
    place: ['s3:/', bucket, prefix].filter((part) => part !== '').join('/'),
  };
}

function spacesLocation(host: string, path: string, refuse: Refusal): S3Location {
  if (!SPACES_HOST.test(host)) {
    const [, bucket, service] = SPACES_BUCKET_HOST.exec(host) ?? [];
    if (bucket !== undefined)
      throw refuse('has its bucket in the host name', `Write https://${service}/${bucket}${path}.`);
    throw refuse(
      'is neither a Space nor an address that e2d knows',
      'For another S3-compatible service use s3://bucket/path and --s3-endpoint.',
    );
  }
  const [, bucket = '', key = ''] = /^\/?([^/]*)(.*)$/s.exec(path) ?? [];
  const location = s3Location({ bucket, key }, refuse);
  const endpoint = `https://${host}`;
  const place = location.place.replace('s3:/', endpoint);
  return { ...location, endpoint, regionHint: SPACES_REGION, isSpaces: true, place };
}

/** By S3's rules for names of buckets. */
function checkBucket(name: string, refuse: Refusal): string {
  if (name === '') throw refuse('names no bucket');
  const good =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-)/.test(name);
  if (good) return name;
  throw refuse(
    `has ${JSON.stringify(shortened(name, 100))}, which no bucket can be called`,
    'The name of a bucket has 3 to 63 small letters, digits, dots and hyphens.',
  );
}

function decode(text: string, refuse: Refusal): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw refuse('has a % that begins no character', 'Write a % as %25.');
  }
  if (/\p{Cc}/u.test(decoded)) throw refuse('holds a control character');
  return decoded;
}

function refusal(url: string, problem: string, remedy?: string): E2dError {
  const shown = url.replace(/[?#].*$/s, '').replace(/^([^/]*\/\/)?[^/]*@/, '$1');
  return new E2dError(`The store URL ${JSON.stringify(shortened(shown, 200))} ${problem}.`, {
    code: 'E2D_BAD_CONFIG',
    exit: 2,
    remedy:
      remedy ??
      'Use file:///folder, s3://bucket[/prefix] or https://<region>.digitaloceanspaces.com/<bucket>.',
  });
}
