import { E2dError } from '../../errors/e2d-error.ts';
import type { S3Settings } from './store-settings.ts';
import type { S3Location } from './store-url.ts';

/** A machine outside of EC2 must not wait long for a service that is not there. */
const METADATA_TIMEOUT_MS = 1_000;

async function fromChain(): Promise<string | null> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({});
  try {
    return await client.config.region();
  } catch {
    // It says only that neither the environment nor a profile names a region.
    return null;
  } finally {
    client.destroy();
  }
}

async function fromInstance(place: string): Promise<string> {
  const { MetadataService } = await import('@aws-sdk/ec2-metadata-service');
  const service = new MetadataService({
    httpOptions: { timeout: METADATA_TIMEOUT_MS },
    retries: 1,
    backoff: 0.2,
  });
  try {
    return (await service.request('/latest/meta-data/placement/region', {})).trim();
  } catch (cause) {
    throw new E2dError(`The region of the bucket of ${place} is not known.`, {
      code: 'E2D_STORE_FAILED',
      remedy: 'Set --s3-region or AWS_REGION; only on EC2 it is found without.',
      cause,
    });
  }
}

/**
 * The region to sign for: as set, of the environment or profile, of the URL, of this instance.
 * A service with an endpoint of its own is not asked about at the instance: it is seldom AWS, and
 * takes any region, of which us-east-1 is the customary one.
 */
export async function regionOf(location: S3Location, settings: S3Settings): Promise<string> {
  const known = settings.region ?? (await fromChain()) ?? location.regionHint;
  if (known !== null) return known;
  const hasEndpoint = (settings.endpoint ?? location.endpoint) !== null;
  return hasEndpoint ? 'us-east-1' : fromInstance(location.place);
}
