/**
 * The self-signed certificate of an entry (R99): what a person says of themselves, read field by field, and the pair of
 * key and certificate made of it. It stands until an authority has signed the request that is made of it.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { describeDomainFault, parseDomain } from '../base/domain.ts';
import { parseIpAddress } from '../base/ip-address.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import { isPresentedName } from './dns-name.ts';
import { issueCertificate } from './issue.ts';
import { generateKeyLater } from './issue-key.ts';

/** Sorts of key for an entry: what every mail server can use, by its name in forms. */
export const ENTRY_KEYS = ['rsa2048', 'rsa3072', 'rsa4096', 'p256'] as const;
export type EntryKey = (typeof ENTRY_KEYS)[number];

export const DEFAULT_ENTRY_KEY: EntryKey = 'rsa2048';
/** The appliance's: ten years. */
export const DEFAULT_DAYS = 3650;
/** A hundred years: further nobody plans, and GeneralizedTime still writes it. */
export const MAX_DAYS = 36_500;
/** RFC 5280 appendix A: upper bounds of the attributes. */
const MAX_ATTRIBUTE = 64;
const MAX_PLACE = 128;
/** Names in one certificate; public authorities allow 100. */
export const MAX_NAMES = 100;

/** As people fill it in; what is left out or empty is not written. */
export interface SelfSignedFields {
  readonly commonName: string;
  readonly organization?: string | undefined;
  readonly organizationalUnit?: string | undefined;
  readonly locality?: string | undefined;
  readonly state?: string | undefined;
  /** Two letters (ISO 3166). */
  readonly country?: string | undefined;
  /** Names and addresses of the subjectAltName; left out: the common name, where it is a host name. */
  readonly names?: readonly string[] | undefined;
  readonly days?: number | undefined;
  readonly key?: string | undefined;
}

export interface FieldFault {
  readonly field: keyof SelfSignedFields;
  /** The end of a sentence that begins with the field. */
  readonly why: string;
}

export interface SelfSignedRequest {
  readonly subject: Readonly<Record<string, string>>;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly days: number;
  readonly key: EntryKey;
}

export interface KeyAndCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS#8. */
  readonly key: string;
}

/** All faults at once. */
export function readSelfSigned(fields: SelfSignedFields): Outcome<SelfSignedRequest, readonly FieldFault[]> {
  const faults: FieldFault[] = [];
  const tell = (field: FieldFault['field'], why: string): void => void faults.push({ field, why });
  const text = (field: 'organization' | 'organizationalUnit' | 'locality' | 'state' | 'commonName', most: number) => {
    const given = (fields[field] ?? '').trim();
    if (given.length > most) tell(field, `is longer than ${most} characters`);
    if (/\p{Cc}/u.test(given)) tell(field, 'has a control character in it');
    return given;
  };
  const commonName = text('commonName', MAX_ATTRIBUTE);
  if (commonName === '') tell('commonName', 'is missing: it is the host name of the interface');
  const country = (fields.country ?? '').trim().toUpperCase();
  if (country !== '' && !/^[A-Z]{2}$/.test(country)) tell('country', 'is no code of two letters, such as NL');
  const days = fields.days ?? DEFAULT_DAYS;
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS) {
    tell('days', `${days} is out of range: 1 to ${MAX_DAYS.toLocaleString('en-US')}`);
  }
  const key = ENTRY_KEYS.find((each) => each === (fields.key ?? DEFAULT_ENTRY_KEY));
  if (key === undefined) tell('key', `${printable(String(fields.key), 40)} is not one of ${ENTRY_KEYS.join(', ')}`);
  const attributes = {
    C: country,
    ST: text('state', MAX_PLACE),
    L: text('locality', MAX_PLACE),
    O: text('organization', MAX_ATTRIBUTE),
    OU: text('organizationalUnit', MAX_ATTRIBUTE),
    CN: commonName,
  };
  const names = readNames(fields.names ?? [], commonName, (why) => tell('names', why));
  if (faults.length > 0 || key === undefined) return failed(faults);
  const subject = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''));
  return succeeded({ subject, ...names, days, key });
}

/** `now`: ms since the epoch. The key is generated beside the event loop. */
export async function mintSelfSigned(request: SelfSignedRequest, now: number): Promise<KeyAndCertificate> {
  const { subject, dnsNames, ipAddresses, days } = request;
  // Clocks of others may be a little behind; a minute in the past is not seen by anybody.
  const notBefore = new Date(now - 60_000);
  const notAfter = new Date(now + days * 86_400_000);
  const { certificate, keyPem } = issueCertificate({
    ...{ subject, dnsNames, ipAddresses, notBefore, notAfter },
    key: await generateKeyLater(request.key),
    extendedKeyUsage: ['serverAuth', 'clientAuth'],
  });
  return { certificate, key: keyPem };
}

/** The SubjectPublicKeyInfo of a private key, to be compared byte for byte. */
export function publicHalf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

function readNames(
  given: readonly string[],
  commonName: string,
  tell: (why: string) => void,
): Pick<SelfSignedRequest, 'dnsNames' | 'ipAddresses'> {
  const dnsNames: string[] = [];
  const ipAddresses: string[] = [];
  const texts = given.map((each) => each.trim()).filter((each) => each !== '');
  if (texts.length > MAX_NAMES) tell(`${texts.length} names are more than ${MAX_NAMES}`);
  for (const text of texts.slice(0, MAX_NAMES)) {
    const address = parseIpAddress(text);
    if (address !== null) {
      if (!ipAddresses.includes(address.text)) ipAddresses.push(address.text);
      continue;
    }
    const name = certificateName(text);
    if (!name.ok) tell(`"${printable(text, 80)}": ${name.failure}`);
    else if (!dnsNames.includes(name.value)) dnsNames.push(name.value);
  }
  if (texts.length === 0) {
    const own = certificateName(commonName);
    if (own.ok) dnsNames.push(own.value);
  }
  return { dnsNames, ipAddresses };
}

/** As it stands in a certificate: A-labels, a wildcard only as the whole first label. */
function certificateName(text: string): Outcome<string, string> {
  const isWildcard = text.startsWith('*.');
  const domain = parseDomain(isWildcard ? text.slice(2) : text);
  if (!domain.ok) return failed(describeDomainFault(domain.failure));
  const name = isWildcard ? `*.${domain.value}` : domain.value;
  return isPresentedName(name) ? succeeded(name) : failed('is no name that a certificate can have');
}
