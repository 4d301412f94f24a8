import * as kinds from './kinds.ts';
import { option } from './option.ts';

const group = 'Snapshots';
/** What `parseStoreUrl` says of such a text is told with the rules: it has better sentences. */
const storeUrl = kinds.matching(
  /^(file|s3|https):\/\/\P{Cc}*$/u,
  'a URL that begins with file://, s3:// or https://',
  'URL',
);
const region = kinds.matching(
  /^[a-z0-9][a-z0-9-]{0,62}$/i,
  'the name of a region such as eu-central-1',
  'REGION',
);

/** Where snapshots go, how often, in what form and for how long. */
export const snapshotOptions = {
  'snapshot-backup-url': option(storeUrl, {
    group,
    help:
      'where snapshots are kept: file:///DIR, s3://BUCKET/PREFIX or ' +
      'https://REGION.digitaloceanspaces.com/BUCKET/PATH',
  }),
  'snapshot-interval': option(kinds.duration(1000), {
    group,
    help: 'time between two snapshots; none is taken while nothing changes',
    default: '1m',
  }),
  'snapshot-compression': option(kinds.toggle, {
    group,
    help: 'compress snapshots',
    default: 'false',
  }),
  'snapshot-encryption': option(kinds.toggle, {
    group,
    help: 'encrypt snapshots; needs --ca-key or --snapshot-encryption-key-file',
    default: 'false',
  }),
  'snapshot-encryption-key-file': option(kinds.file, {
    group,
    help: 'encrypt snapshots with the key in this file instead of that of --ca-key',
  }),
  'snapshot-keep-all': option(kinds.age, {
    group,
    help: 'age up to which every snapshot is kept',
    default: '1h',
  }),
  'snapshot-keep-hourly': option(kinds.age, {
    group,
    help: 'age up to which one snapshot of each hour is kept',
    default: '7d',
  }),
  'snapshot-keep-daily': option(kinds.age, {
    group,
    help: 'age up to which one snapshot of each day is kept',
    default: '1y',
  }),
  'snapshot-keep-count': option(kinds.integer(1, 1_000_000), {
    group,
    help: 'most snapshots to keep, whatever their age',
    defaultNote: 'no limit',
  }),
  'snapshot-verify-interval': option(kinds.durationOrOff(1000), {
    group,
    help: 'time between two proofs, each of which restores a snapshot into a scratch etcd, or off',
    default: '24h',
  }),
  'restore-policy': option(kinds.choice('auto', 'manual'), {
    group,
    help: 'whether a cluster that lost all its data restores by itself or waits for an operator',
    default: 'auto',
  }),
  's3-endpoint': option(kinds.webAddress('https', 'http'), {
    group,
    help: 'address of an S3-compatible service for an s3:// URL',
    defaultNote: "that of AWS's region",
  }),
  's3-region': option(region, {
    group,
    help: 'region of the bucket',
    defaultNote: "the AWS configuration's, else the instance's",
  }),
  'aws-access-key': option(kinds.text, {
    group,
    help: 'AWS access key id',
    defaultNote: "AWS's own chain of credentials",
    secret: true,
  }),
  'aws-secret-key': option(kinds.text, {
    group,
    help: 'secret of --aws-access-key',
    secret: true,
  }),
  'aws-role-session-name': option(kinds.text, {
    group,
    help: 'name of the session when a role of AWS is assumed',
  }),
  'do-spaces-key': option(kinds.text, {
    group,
    help: 'DigitalOcean Spaces key',
    formerly: ['digitalocean-spaces-key'],
    secret: true,
  }),
  'do-spaces-secret': option(kinds.text, {
    group,
    help: 'secret of --do-spaces-key',
    formerly: ['digitalocean-spaces-secret'],
    secret: true,
  }),
};

export const snapshotOptionNames = Object.keys(
  snapshotOptions,
) as readonly (keyof typeof snapshotOptions)[];
