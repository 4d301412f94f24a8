import { createHmac, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const keyFile = 'token.key';

/** Of every database that etcd keeps for users: none can be without it. */
const username = 'root';

/**
 * Makes e2d the user `root` of one scratch etcd, whose own users cannot let anybody in: etcd signs
 * the tokens of its users, and this etcd does so with a key that e2d has made for it.
 */
export class ScratchUser {
  readonly #key = randomBytes(32).toString('hex');
  #token = this.#sign(1);

  /** The flag for etcd, which reads the file from the folder it is started in. */
  readonly etcdFlag = `--auth-token=jwt,priv-key=${keyFile},sign-method=HS256`;

  /** `folder` is one that only this user can enter. */
  async writeKey(folder: string): Promise<void> {
    await writeFile(join(folder, keyFile), this.#key, { mode: 0o600, flag: 'wx' });
  }

  get token(): string {
    return this.#token;
  }

  /** Keys are read only with a token of this very revision of etcd's users. */
  actAt(authRevision: number): void {
    this.#token = this.#sign(authRevision);
  }

  #sign(revision: number): string {
    const signed = [
      { alg: 'HS256', typ: 'JWT' },
      { username, revision },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${signed}.${createHmac('sha256', this.#key).update(signed).digest('base64url')}`;
  }
}
