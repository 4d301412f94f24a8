import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { E2dError } from '../../errors/e2d-error.ts';
import { failureOf } from './s3-errors.ts';
import type { AccessKey, S3Settings } from './store-settings.ts';
import type { S3Location } from './store-url.ts';

type Credentials = NonNullable<S3ClientConfig['credentials']>;

/** The shortest that STS gives, as the first e2d took it. The SDK renews it in time. */
const SESSION_SECONDS = 15 * 60;
const METADATA_TIMEOUT_MS = 1_000;

/** The instance's role, asked for at the metadata service. A role's path is not told there. */
async function roleArn(): Promise<string> {
  const { MetadataService } = await import('@aws-sdk/ec2-metadata-service');
  const service = new MetadataService({ httpOptions: { timeout: METADATA_TIMEOUT_MS } });
  try {
    const info = await service.request('/latest/meta-data/iam/info', {});
    const name = await service.request('/latest/meta-data/iam/security-credentials/', {});
    const account = /"InstanceProfileArn"\s*:\s*"(arn:[\w-]+:iam::\d+):/.exec(info)?.[1];
    if (account !== undefined) return `${account}:role/${name.trim()}`;
  } catch (cause) {
    throw noRole('its metadata service does not tell it', cause);
  }
  throw noRole('it has no instance profile');
}

function noRole(why: string, cause?: unknown): E2dError {
  return new E2dError(`The role of this instance cannot be assumed: ${why}.`, {
    code: 'E2D_STORE_DENIED',
    remedy: 'Give the instance a role, or leave --aws-role-session-name out.',
    cause,
  });
}

/**
 * The role of the instance profile, assumed by itself under a session name: then the service's
 * audit log tells the nodes apart. A role that may not assume itself is used as it is.
 */
async function assumedRole(sessionName: string, region: string): Promise<Credentials> {
  const { fromInstanceMetadata, fromTemporaryCredentials } = await import(
    '@aws-sdk/credential-providers'
  );
  const instance = fromInstanceMetadata({ timeout: METADATA_TIMEOUT_MS, maxRetries: 3 });
  let assumed: ReturnType<typeof fromTemporaryCredentials> | null = null;
  return async () => {
    assumed ??= fromTemporaryCredentials({
      masterCredentials: instance,
      params: {
        RoleArn: await roleArn(),
        RoleSessionName: sessionName,
        DurationSeconds: SESSION_SECONDS,
      },
      clientConfig: { region },
    });
    try {
      return await assumed();
    } catch (error) {
      if (failureOf(error).status !== 403) throw error;
      return instance();
    }
  };
}

function ofKey({ id, secret }: AccessKey): Credentials {
  return { accessKeyId: id, secretAccessKey: secret };
}

/** null is the SDK's default chain: environment, profile, web identity, container, instance. */
export async function credentialsOf(
  location: S3Location,
  settings: S3Settings,
  region: string,
): Promise<Credentials | null> {
  const key = (location.isSpaces ? settings.spacesKey : null) ?? settings.accessKey;
  if (key !== null) return ofKey(key);
  if (settings.roleSessionName === null || location.isSpaces) return null;
  return assumedRole(settings.roleSessionName, region);
}
