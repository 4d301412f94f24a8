import { createPublicKey, type KeyObject } from 'node:crypto';
import * as asn1js from 'asn1js';
import { Attribute, CertificationRequest, type Extension, Extensions, GeneralNames } from 'pkijs';
import { distinguishedName, type Subject, subjectIn } from './distinguished-names.ts';
import { extensionOids, publicKeyInfo, subjectAltName } from './extensions.ts';
import { pkiFailure } from './failure.ts';
import { addressOf, distinctHosts } from './host-names.ts';
import { generateKey, type KeyAlgorithm, keyFlaw, privateKeyPem, readPublicKey } from './keys.ts';
import { pemBlocks, toPem } from './pem.ts';
import { isSignedBy, signature, signatureAlgorithm } from './signature.ts';

const extensionRequestOid = '1.2.840.113549.1.9.14';
/** Far more than an RSA key of 8192 bits and a hundred names take. */
const longestRequest = 32 * 1024;

export interface NewCertificateRequest extends Subject {
  readonly algorithm: KeyAlgorithm;
  readonly hosts: readonly string[];
}

/** A new key, and the PKCS#10 request that an authority signs; both PEM. */
export interface RequestPair {
  readonly request: string;
  readonly key: string;
}

/** What a request asks for; nothing of it is granted by asking. */
export interface CertificateRequest extends Required<Subject> {
  readonly hosts: readonly string[];
  readonly publicKey: KeyObject;
}

/** Rejects with `E2D_PKI_NAME`. */
export async function createCertificateRequest(
  options: NewCertificateRequest,
): Promise<RequestPair> {
  const subject = distinguishedName(options);
  const hosts = distinctHosts(options.hosts);
  const key = await generateKey(options.algorithm);
  const request = new CertificationRequest({
    subject,
    signatureAlgorithm: signatureAlgorithm(key),
    attributes: hosts.length > 0 ? [extensionRequest(subjectAltName(hosts))] : [],
  });
  request.subjectPublicKeyInfo = publicKeyInfo(createPublicKey(key));
  const [content] = request.toSchema(true).valueBlock.value;
  if (content === undefined) throw new TypeError('a request has content');
  request.tbsView = new Uint8Array(content.toBER());
  request.signatureValue = signature(request.tbsView, key);
  return {
    request: toPem('CERTIFICATE REQUEST', new Uint8Array(request.toSchema().toBER())),
    key: privateKeyPem(key),
  };
}

/**
 * Throws `E2D_PKI_REQUEST` for what is no request, asks for a key that e2d does not sign, or is not
 * signed with that key.
 */
export function readCertificateRequest(pem: string): CertificateRequest {
  if (pem.length > longestRequest) throw refusal('The request is longer than any request.');
  const block = pemBlocks(pem).find(({ label }) => /^(NEW )?CERTIFICATE REQUEST$/.test(label));
  if (block === undefined) throw refusal('There is no certificate request in PEM.');
  const request = parse(block.der);
  const publicKey = readPublicKey(request.subjectPublicKeyInfo, 'E2D_PKI_REQUEST');
  const flaw = keyFlaw(publicKey);
  if (flaw !== null) throw refusal(`The request is for ${flaw}.`);
  const { tbsView: content, signatureAlgorithm: algorithm, signatureValue } = request;
  if (!isSignedBy(publicKey, { content, algorithm, signature: signatureValue })) {
    throw refusal('The request is not signed with its own key.');
  }
  return { ...subjectIn(request.subject), hosts: hostsIn(request), publicKey };
}

function parse(der: Buffer): CertificationRequest {
  try {
    return CertificationRequest.fromBER(der);
  } catch (cause) {
    throw refusal('The certificate request cannot be read.', cause);
  }
}

function extensionRequest(extension: Extension): Attribute {
  return new Attribute({
    type: extensionRequestOid,
    values: [new Extensions({ extensions: [extension] }).toSchema()],
  });
}

/** Names of other kinds (mail addresses, URIs) are passed over. */
function hostsIn({ attributes = [] }: CertificationRequest): readonly string[] {
  const attribute = attributes.find(({ type }) => type === extensionRequestOid);
  if (attribute === undefined) return [];
  try {
    const extensions = new Extensions({ schema: attribute.values[0] }).extensions;
    const found = extensions.find(({ extnID }) => extnID === extensionOids.subjectAltName);
    if (found === undefined) return [];
    const { names } = GeneralNames.fromBER(found.extnValue.valueBlock.valueHexView);
    return names.flatMap(({ type, value }) => {
      if (type === 2) return [String(value)];
      const address = value instanceof asn1js.OctetString ? addressOf(bytesOf(value)) : undefined;
      return type === 7 && address !== undefined ? [address] : [];
    });
  } catch (cause) {
    throw refusal('The names in the request cannot be read.', cause);
  }
}

function bytesOf({ valueBlock }: asn1js.OctetString): Uint8Array {
  return valueBlock.valueHexView;
}

function refusal(message: string, cause?: unknown) {
  return pkiFailure('E2D_PKI_REQUEST', message, cause);
}
