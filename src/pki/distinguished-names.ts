import * as asn1js from 'asn1js';
import { AttributeTypeAndValue, RelativeDistinguishedNames } from 'pkijs';
import { pkiFailure } from './failure.ts';

const organizationOid = '2.5.4.10';
const commonNameOid = '2.5.4.3';
/** The upper bound of X.520 for both. */
const longestName = 64;
const printable = /^\P{Cc}+$/u;

/** Whom a certificate is for. etcd takes the common name for the user of its roles. */
export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

/** Throws `E2D_PKI_NAME` for a name that is empty, too long or not printable. */
export function distinguishedName({
  commonName,
  organizations = [],
}: Subject): RelativeDistinguishedNames {
  const parts = [
    ...organizations.map((value) => ({ type: organizationOid, value })),
    { type: commonNameOid, value: commonName },
  ];
  const name = new asn1js.Sequence({
    value: parts.map((part) => new asn1js.Set({ value: [attribute(part).toSchema()] })),
  });
  return RelativeDistinguishedNames.fromBER(name.toBER());
}

function attribute({ type, value }: { readonly type: string; readonly value: string }) {
  if (!printable.test(value) || value.length > longestName) {
    throw pkiFailure(
      'E2D_PKI_NAME',
      `A name in a certificate has from 1 to ${longestName} printable characters, ` +
        `not ${JSON.stringify(value.slice(0, 2 * longestName))}.`,
    );
  }
  return new AttributeTypeAndValue({ type, value: new asn1js.Utf8String({ value }) });
}

/** The common name and the organizations in a name; the last common name is the one that counts. */
export function subjectIn(name: RelativeDistinguishedNames): Required<Subject> {
  const valuesOf = (type: string) =>
    name.typesAndValues
      .filter((part) => part.type === type)
      .map((part) => String(part.value.valueBlock.value));
  return {
    commonName: valuesOf(commonNameOid).at(-1) ?? '',
    organizations: valuesOf(organizationOid),
  };
}
