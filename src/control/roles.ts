import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls';
import { type Refusal, refusal } from './refusal.ts';

/** What a caller may do: look, or everything. */
export type Role = 'viewer' | 'operator';

/** Who asks. */
export type Caller =
  /** Through the socket in the state dir: e2d's own user, or root. */
  { readonly kind: 'local' } | RemoteCaller;

export interface RemoteCaller {
  readonly kind: 'remote';
  /** The common name of the certificate. */
  readonly name: string;
  readonly role: Role;
  /** The IP address that it came from. */
  readonly address: string;
  /** Of the certificate, in hex: tells apart those with one name. */
  readonly serialNumber: string;
}

/** The organization (O) in the subject of a certificate that stands for a role. */
export const organizations = { viewer: 'e2d:viewers', operator: 'e2d:operators' } as const;

/** What looks and changes nothing; every other method is an operator's. */
const forViewers: ReadonlySet<string> = new Set(['status', 'inspect']);

export function needsOperator(method: string): boolean {
  return !forViewers.has(method);
}

/** The role that a verified certificate gives; null where it gives none. */
export function roleOf({ subject }: Pick<PeerCertificate, 'subject'>): Role | null {
  const of = several(subject?.O);
  if (of.includes(organizations.operator)) return 'operator';
  return of.includes(organizations.viewer) ? 'viewer' : null;
}

/** For a log: one line, and never long. */
export function nameOf({ subject }: Pick<PeerCertificate, 'subject'>): string {
  const name = several(subject?.CN).join(', ').replaceAll(/\p{C}/gu, '?').slice(0, 100);
  return name === '' ? 'a client without a name' : name;
}

/** Null where the caller may call the method; else the sentence that says what it takes. */
export function mayCall(caller: Caller, method: string): Refusal | null {
  if (caller.kind === 'local' || caller.role === 'operator' || !needsOperator(method)) return null;
  return refusal(`"${method}" takes the role of an operator, and ${caller.name} is a viewer`, {
    remedy: `Ask with a client certificate whose organization (O) is ${organizations.operator}.`,
    code: 'E2D_CONTROL_DENIED',
  });
}

/** The sentence for a certificate that the authority signed, and that stands for no role. */
export function noRole(certificate: Pick<DetailedPeerCertificate, 'subject'>): Refusal {
  return refusal(`the certificate of ${nameOf(certificate)} gives no role`, {
    remedy:
      `Ask with a client certificate whose organization (O) is ${organizations.viewer} ` +
      `(to look) or ${organizations.operator} (to do everything).`,
    code: 'E2D_CONTROL_DENIED',
  });
}

/** A name that is given more than once is a list. */
function several(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
