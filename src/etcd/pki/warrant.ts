import { createPrivateKey, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';

/** What a change of authorities is about: nothing else of it needs the word of the old one. */
interface Warranted {
  readonly id: string;
  readonly old: { readonly certificate: string; readonly fingerprint: string };
  readonly new: { readonly fingerprint: string };
}

/**
 * The old authority's word for the new one, in Base64: whoever may only write to etcd, or holds a
 * certificate of it, has no node trust anybody else. `key` is its private key in PEM.
 */
export function warrantFor(change: Warranted, key: string): string {
  const opened = createPrivateKey(key);
  return sign(digestFor(opened), textOf(change), opened).toString('base64');
}

export function isWarranted(change: Warranted & { readonly warrant: string }): boolean {
  try {
    const { publicKey } = new X509Certificate(change.old.certificate);
    const signature = Buffer.from(change.warrant, 'base64');
    return verify(digestFor(publicKey), textOf(change), publicKey, signature);
  } catch {
    return false;
  }
}

function textOf({ id, old, new: next }: Warranted): Buffer {
  return Buffer.from(`e2d pki rotate\n${id}\n${old.fingerprint}\n${next.fingerprint}\n`);
}

/** Ed25519 and Ed448 bring their own. */
function digestFor({ asymmetricKeyType }: KeyObject): 'sha256' | null {
  return asymmetricKeyType?.startsWith('ed') ? null : 'sha256';
}
