/** An S3 server as a process of its own: prints its URL, and ends with its standard input. */
import { startS3Server } from '../test/support/s3-server/s3-server.ts';

const server = await startS3Server({
  buckets: ['bench'],
  credentials: [{ accessKeyId: 'bench', secretAccessKey: 'bench-secret' }],
});
console.log(server.url);
process.stdin.resume().once('end', () => void server.close());
