/**
 * The extensions of a certificate that a path or a name depends on (RFC 5280 section 4.2); throws `DerFault`. Those that
 * decide are read strictly, those that only help to find issuers leniently.
 */
import {
  content,
  DerFault,
  type DerValue,
  inside,
  members,
  readBits,
  readBoolean,
  readCount,
  readDer,
  readOid,
  TAG,
} from './der.ts';
import {
  type AlternativeNames,
  type NameConstraints,
  NO_NAMES,
  readAlternativeNames,
  readNameConstraints,
} from './general-names.ts';

export interface KnownExtensions {
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | null } | null;
  /** Null when the extension is absent. */
  readonly keyUsage: {
    readonly keyCertSign: boolean;
    readonly digitalSignature: boolean;
    readonly crlSign: boolean;
  } | null;
  /** OIDs; null when the extension is absent. */
  readonly extendedKeyUsage: readonly string[] | null;
  readonly alternativeNames: AlternativeNames;
  readonly nameConstraints: NameConstraints | null;
  /** OIDs of critical extensions that we do not process. */
  readonly unknownCritical: readonly string[];
  /** Hexadecimal key identifiers; null when absent or unreadable, since they only help to find issuers. */
  readonly subjectKeyIdentifier: string | null;
  readonly authorityKeyIdentifier: string | null;
  /** Its server has to staple an OCSP response (RFC 7633, status_request). */
  readonly mustStaple: boolean;
}

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: DerValue;
}

/** The extensions among the optional fields of a TBSCertificate, each at most once. */
export function readExtensions(optional: readonly DerValue[], version: 1 | 2 | 3): Extension[] {
  let list: Extension[] = [];
  let last = 0;
  for (const field of optional) {
    if (field.tag === 0xa3 && last < 3 && version === 3) {
      list = members(inside(field, 0xa3)).map(readExtension);
      // RFC 5280 4.2: at most one of each.
      if (new Set(list.map(({ oid }) => oid)).size !== list.length) throw new DerFault('it has an extension twice');
      last = 3;
    } else if ((field.tag === 0x81 || field.tag === 0x82) && version !== 1 && (field.tag & 3) > last) {
      last = field.tag & 3;
    } else {
      throw new DerFault('it has a field that does not belong to its version');
    }
  }
  return list;
}

/** What the extensions say, absent ones included. */
export function readKnownExtensions(extensions: readonly Extension[]): KnownExtensions {
  const found = new Map(extensions.map((extension) => [extension.oid, extension.value]));
  const read = <Value>(oid: string, reader: (value: DerValue) => Value): Value | null => {
    const value = found.get(oid);
    return value === undefined ? null : reader(readDer(content(value)));
  };
  return {
    basicConstraints: read('2.5.29.19', readBasicConstraints),
    keyUsage: read('2.5.29.15', readKeyUsage),
    extendedKeyUsage: read('2.5.29.37', (value) => readPurposes(value)),
    alternativeNames: read('2.5.29.17', readAlternativeNames) ?? NO_NAMES,
    nameConstraints: read('2.5.29.30', readNameConstraints),
    unknownCritical: extensions.filter(({ oid, critical }) => critical && !PROCESSED.has(oid)).map(({ oid }) => oid),
    subjectKeyIdentifier: lenient(() => read('2.5.29.14', (value) => hex(value, TAG.octetString))),
    authorityKeyIdentifier: lenient(() => read('2.5.29.35', readAuthorityKeyIdentifier)),
    mustStaple: lenient(() => read('1.3.6.1.5.5.7.1.24', readMustStaple)) ?? false,
  };
}

/**
 * Extensions that may be critical: those we process, and those whose absence of effect is safe here: policies are not
 * asked for (no explicit policy is required of mail servers), distribution points only say where lists would be.
 */
const PROCESSED: ReadonlySet<string> = new Set([
  '2.5.29.14', // subjectKeyIdentifier
  '2.5.29.15', // keyUsage
  '2.5.29.17', // subjectAltName
  '2.5.29.19', // basicConstraints
  '2.5.29.30', // nameConstraints
  '2.5.29.31', // cRLDistributionPoints
  '2.5.29.32', // certificatePolicies
  '2.5.29.33', // policyMappings
  '2.5.29.35', // authorityKeyIdentifier
  '2.5.29.36', // policyConstraints
  '2.5.29.37', // extKeyUsage
  '2.5.29.54', // inhibitAnyPolicy
]);

/** One member of a list of extensions. */
export function readExtension(value: DerValue): Extension {
  const parts = members(value);
  const [type, second] = parts;
  const wrapped = parts.at(-1);
  if (type === undefined || second === undefined || wrapped?.tag !== TAG.octetString || parts.length > 3) {
    throw new DerFault('an extension is malformed');
  }
  return { oid: readOid(type), critical: parts.length === 3 && readBoolean(second), value: wrapped };
}

function readBasicConstraints(value: DerValue): { ca: boolean; pathLength: number | null } {
  const parts = members(value);
  const ca = parts[0]?.tag === TAG.boolean ? readBoolean(parts[0]) : false;
  const rest = parts.slice(parts[0]?.tag === TAG.boolean ? 1 : 0);
  const [length, ...more] = rest;
  if (more.length > 0) throw new DerFault('its basic constraints are malformed');
  return { ca, pathLength: length === undefined ? null : readCount(length) };
}

function readKeyUsage(value: DerValue): NonNullable<KnownExtensions['keyUsage']> {
  const first = readBits(value).bytes[0] ?? 0;
  return { digitalSignature: (first & 0x80) !== 0, keyCertSign: (first & 0x04) !== 0, crlSign: (first & 0x02) !== 0 };
}

function readPurposes(value: DerValue): readonly string[] {
  const purposes = members(value).map(readOid);
  // RFC 5280 4.2.1.12: at least one.
  if (purposes.length === 0) throw new DerFault('its extended key usage is empty');
  return purposes;
}

function readAuthorityKeyIdentifier(value: DerValue): string | null {
  const keyIdentifier = members(value).find(({ tag }) => tag === 0x80);
  return keyIdentifier === undefined ? null : hex(keyIdentifier, 0x80);
}

function hex(value: DerValue, tag: number): string {
  if (value.tag !== tag) throw new DerFault('a key identifier is malformed');
  return content(value).toString('hex');
}

/** RFC 7633: the numbers of TLS extensions; status_request is 5. */
function readMustStaple(value: DerValue): boolean {
  return members(value).some((feature) => readCount(feature) === STATUS_REQUEST);
}

const STATUS_REQUEST = 5;

function lenient<Value>(read: () => Value | null): Value | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerFault) return null;
    throw error;
  }
}
