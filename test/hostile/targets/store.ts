import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { openS3Store, type S3Store } from '../../../src/snapshots/store/s3-store.ts';
import { parseStoreUrl } from '../../../src/snapshots/store/store-url.ts';
import { isDocumented, type Target } from '../fuzz.ts';

const listing = [
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>',
  '<Prefix>p/</Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys>',
  '<IsTruncated>false</IsTruncated><Contents><Key>p/a/e2d.json</Key>',
  '<LastModified>2026-11-21T10:00:00.000Z</LastModified><ETag>&quot;x&quot;</ETag><Size>12</Size>',
  '<StorageClass>STANDARD</StorageClass></Contents><Contents><Key>p/b/e2d.json</Key>',
  '<LastModified>2026-11-21T10:00:00.000Z</LastModified><ETag>&quot;y&quot;</ETag><Size>7</Size>',
  '</Contents></ListBucketResult>',
].join('');
const uploads = [
  '<?xml version="1.0" encoding="UTF-8"?><ListMultipartUploadsResult><Bucket>b</Bucket>',
  '<IsTruncated>false</IsTruncated><Upload><Key>p/a</Key><UploadId>u</UploadId>',
  '<Initiated>2026-11-21T10:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>',
].join('');
const entities = [
  '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">',
  ...'bcdefghi'.split('').map((name, at) => {
    const before = `&${'abcdefghi'[at]};`;
    return `<!ENTITY ${name} "${before.repeat(10)}">`;
  }),
  '<!ENTITY f SYSTEM "file:///etc/passwd">]><ListBucketResult><Name>&i;&f;</Name>',
  '<IsTruncated>false</IsTruncated></ListBucketResult>',
].join('');

const signal = new AbortController().signal;
const secret = 'a/secret+of=the-tests';

/** An S3 service that answers 200 with whatever it is given. */
export class Service {
  readonly #server: Server;
  store: S3Store | null = null;
  body: Uint8Array = new Uint8Array();
  /** Requests so far. */
  asked = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      this.asked += 1;
      request.resume().on('error', () => undefined);
      response.writeHead(200, {
        'content-type': 'application/xml',
        etag: '"x"',
        'content-length': this.body.length,
        'last-modified': 'Sat, 21 Nov 2026 10:00:00 GMT',
      });
      response.end(request.method === 'HEAD' ? undefined : this.body);
    });
  }

  async open(): Promise<S3Store> {
    if (this.store !== null) return this.store;
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const location = parseStoreUrl('s3://bucket/p');
    if (location.kind !== 's3') throw new Error('no S3 URL');
    this.store = await openS3Store(location, {
      endpoint: `http://127.0.0.1:${port}`,
      roleSessionName: null,
      accessKey: { id: 'AKIAEXAMPLE', secret },
      spacesKey: null,
      region: 'us-east-1',
    });
    return this.store;
  }

  async close(): Promise<void> {
    this.store?.objects.close();
    this.store = null;
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function answers(
  name: string,
  corpus: readonly string[],
  ask: (store: S3Store) => Promise<unknown>,
): Target {
  let service = new Service();
  return {
    name,
    corpus,
    words: [
      '<Contents>',
      '<Key>../../x</Key>',
      '<!DOCTYPE x>',
      '&#0;',
      '&amp;',
      '<![CDATA[',
      ']]>',
    ],
    secrets: [secret],
    maxMs: 1000,
    async feed(input) {
      service.body = input;
      await ask(await service.open());
    },
    expected: isDocumented,
    async close() {
      await service.close();
      service = new Service();
    },
  };
}

const listings = answers('S3 listings', [listing, entities], async ({ objects }) => {
  // An answer that says that there is more is followed by itself: that must come to an end.
  for (const { key, sizeBytes } of await objects.list('', { signal })) {
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw new Error(`${sizeBytes} bytes`);
    if (typeof key !== 'string') throw new Error('a key that is no text');
  }
});

const leftUploads = answers('S3 uploads', [uploads], ({ cleanUp }) => cleanUp(0, { signal }));

const urls: Target = {
  name: 'store URLs',
  corpus: [
    's3://bucket/a/prefix',
    'file:///var/backups',
    'https://ams3.digitaloceanspaces.com/bucket/key',
    's3://AKIA:hunter2@bucket/x?y#z',
  ],
  words: ['%2e%2e%2f', '..', '@', '%', 'file://', 's3://', '%00'],
  feed: (input) => parseStoreUrl(Buffer.from(input).toString('utf8')),
};

export const storeTargets: readonly Target[] = [listings, leftUploads, urls];
