/**
 * Where a certificate says that its status can be asked for: OCSP responders (RFC 5280 4.2.2.1) and lists of revoked
 * certificates (RFC 5280 4.2.1.13). Read when somebody wants to ask; whatever cannot be read names no place.
 */
import type { Certificate } from './certificate.ts';
import { readExtensions } from './certificate-extensions.ts';
import { content, DerFault, type DerValue, members, readDer, readOid } from './der.ts';

export interface StatusSources {
  readonly ocsp: readonly string[];
  /** Only lists by the issuer itself and about all reasons. */
  readonly crl: readonly string[];
}

/** Places taken from one certificate of each kind. */
export const MAX_STATUS_SOURCES = 2;
const MAX_URL_LENGTH = 1024;

export function statusSources(certificate: Certificate): StatusSources {
  const values = extensionValues(certificate);
  return {
    ocsp: lenient(() => ocspUrls(values.get(AUTHORITY_INFORMATION))).slice(0, MAX_STATUS_SOURCES),
    crl: lenient(() => crlUrls(values.get(DISTRIBUTION_POINTS))).slice(0, MAX_STATUS_SOURCES),
  };
}

const AUTHORITY_INFORMATION = '1.3.6.1.5.5.7.1.1';
const OCSP = '1.3.6.1.5.5.7.48.1';
const DISTRIBUTION_POINTS = '2.5.29.31';

function extensionValues({ der, version }: Certificate): ReadonlyMap<string, DerValue> {
  const [tbs] = members(readDer(der));
  const fields = tbs === undefined ? [] : members(tbs);
  const optional = fields.filter(({ tag }) => tag === 0xa3);
  return new Map(readExtensions(optional, version).map(({ oid, value }) => [oid, readDer(content(value))]));
}

function ocspUrls(value: DerValue | undefined): string[] {
  if (value === undefined) return [];
  return members(value).flatMap((description) => {
    const [method, location] = members(description);
    return method !== undefined && location !== undefined && readOid(method) === OCSP ? webAddress(location) : [];
  });
}

/** DistributionPoint: name [0], reasons [1], cRLIssuer [2]; the name in full is [0] in [0]. */
function crlUrls(value: DerValue | undefined): string[] {
  if (value === undefined) return [];
  return members(value).flatMap((point) => {
    const parts = members(point);
    if (parts.some(({ tag }) => tag === 0x81 || tag === 0xa2)) return [];
    const name = parts.find(({ tag }) => tag === 0xa0);
    return name === undefined ? [] : fullNameUrls(name);
  });
}

/** The web addresses in a DistributionPointName, `name` being the tag around it. */
export function fullNameUrls(name: DerValue): string[] {
  return members(name, 0xa0)
    .filter(({ tag }) => tag === 0xa0)
    .flatMap((full) => members(full, 0xa0).flatMap(webAddress));
}

/** Of a GeneralName: a URI that is fetched in clear, since checking a certificate must not need another one. */
function webAddress(name: DerValue): string[] {
  if (name.tag !== 0x86) return [];
  const text = content(name).toString('latin1');
  if (text.length > MAX_URL_LENGTH || !/^http:\/\/[\x21-\x7e]+$/i.test(text) || !URL.canParse(text)) return [];
  return [text];
}

function lenient(read: () => readonly string[]): readonly string[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerFault) return [];
    throw error;
  }
}
