/** A static key pair. The secret goes to the SDK only: never into a log, an error or a `place`. */
export interface AccessKey {
  readonly id: string;
  readonly secret: string;
}

/** What a URL cannot say of an S3 service. null leaves it to the SDK's own chain and defaults. */
export interface S3Settings {
  /** Of any S3-compatible service, `http(s)://host[:port]`; implies path style. */
  readonly endpoint: string | null;
  /** The name of the session when a role is assumed. */
  readonly roleSessionName: string | null;
  readonly accessKey: AccessKey | null;
  /** DigitalOcean's, used for Spaces only. */
  readonly spacesKey: AccessKey | null;
  readonly region: string | null;
}

/** The settings of every kind of store. */
export interface StoreSettings {
  readonly s3: S3Settings;
}
