/**
 * What a list of revoked certificates says about a certificate (RFC 5280 sections 5 and 6.3). It counts when the issuer
 * of the certificate signed it, it is current, and it is whole: lists that speak for other issuers (indirect), that hold
 * changes alone (delta), some reasons alone or something critical that we do not know are not used.
 */
import type { Certificate } from './certificate.ts';
import { type Extension, readExtension } from './certificate-extensions.ts';
import {
  content,
  DerFault,
  type DerValue,
  eachMember,
  inside,
  members,
  readBoolean,
  readDer,
  readInteger,
  readOctets,
  readTime,
  TAG,
  whole,
} from './der.ts';
import { readName } from './distinguished-name.ts';
import { serialOctets } from './ocsp-request.ts';
import { readSignatureAlgorithm, sameAlgorithm } from './public-key.ts';
import { OCSP_CLOCK_SKEW_MS } from './revocation.ts';
import { isSignedBy } from './signed-by.ts';
import { fullNameUrls } from './status-sources.ts';

/** Largest list read, octets: room for some 100,000 entries. */
export const MAX_CRL_OCTETS = 4 * 1024 * 1024;
/** A list without nextUpdate, which RFC 5280 5.1.2.5 asks for, is taken for this long, ms. */
export const MAX_OPEN_LIST_AGE_MS = 7 * 86_400_000;

export interface CrlToJudge {
  readonly list: Buffer;
  /** Where it came from: a list may say that it is for one place alone. */
  readonly url: string;
  readonly leaf: Certificate;
  readonly issuer: Certificate;
  /** ms since the epoch. */
  readonly at: number;
}

export type CrlVerdict =
  | { readonly state: 'good'; readonly keepUntil: number | null }
  | { readonly state: 'revoked'; readonly revokedAt: number; readonly keepUntil: number | null }
  /** The end of a sentence that begins with the list. */
  | { readonly state: 'unknown'; readonly why: string };

export function judgeCrl(question: CrlToJudge): CrlVerdict {
  if (question.list.length > MAX_CRL_OCTETS) return unknown(`is larger than ${MAX_CRL_OCTETS} octets`);
  try {
    return judge(question);
  } catch (error) {
    if (error instanceof DerFault) return unknown(`cannot be read: ${error.message}`);
    throw error;
  }
}

function judge({ list, url, leaf, issuer, at }: CrlToJudge): CrlVerdict {
  const [tbs, algorithm, signature, ...rest] = members(readDer(list));
  if (tbs === undefined || algorithm === undefined || signature === undefined || rest.length > 0) {
    throw new DerFault('it is not a SEQUENCE of three');
  }
  const { inner, issuerName, thisUpdate, nextUpdate, revoked, extensions } = fieldsOf(tbs);
  if (!sameAlgorithm(inner, algorithm)) throw new DerFault('it names two different signature algorithms');
  if (readName(issuerName).key !== issuer.subject.key) return unknown('is by somebody else than the issuer');
  const fault = extensionFault(extensions, url);
  if (fault !== null) return unknown(fault);
  if (thisUpdate > at + OCSP_CLOCK_SKEW_MS) return unknown('is from the future');
  if ((nextUpdate ?? thisUpdate + MAX_OPEN_LIST_AGE_MS) < at) return unknown('is out of date');
  const facts = readSignatureAlgorithm(algorithm);
  if (facts.weak) return unknown(`is signed with ${facts.name}`);
  if (issuer.keyUsage?.crlSign === false) return unknown('is signed by a key that may not sign lists');
  if (!isSignedBy({ signed: whole(tbs), algorithm: facts, signature: readOctets(signature) }, issuer)) {
    return unknown('is not signed by the issuer');
  }
  return entryOf(revoked, serialOctets(leaf), nextUpdate);
}

interface Fields {
  readonly inner: DerValue;
  readonly issuerName: DerValue;
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
  readonly revoked: DerValue | null;
  readonly extensions: readonly Extension[];
}

/** RFC 5280 5.1.2: version, algorithm, issuer, two dates, the entries, the extensions. */
function fieldsOf(tbs: DerValue): Fields {
  const fields = members(tbs);
  if (fields[0]?.tag === TAG.integer) fields.shift();
  const [inner, issuerName, thisUpdate, ...optional] = fields;
  if (inner === undefined || issuerName === undefined || thisUpdate === undefined) {
    throw new DerFault('fields are missing');
  }
  const isTime = optional[0]?.tag === TAG.utcTime || optional[0]?.tag === TAG.generalizedTime;
  const next = isTime ? optional.shift() : undefined;
  const revoked = optional[0]?.tag === TAG.sequence ? optional.shift() : undefined;
  const last = optional.shift();
  if (optional.length > 0 || (last !== undefined && last.tag !== 0xa0)) throw new DerFault('it has fields too many');
  return {
    inner,
    issuerName,
    thisUpdate: readTime(thisUpdate),
    nextUpdate: next === undefined ? null : readTime(next),
    revoked: revoked ?? null,
    extensions: last === undefined ? [] : members(inside(last, 0xa0)).map(readExtension),
  };
}

/** Why a list with these extensions does not speak for all that its issuer revoked; null where it does. */
function extensionFault(extensions: readonly Extension[], url: string): string | null {
  for (const { oid, critical, value } of extensions) {
    if (oid === DELTA) return 'holds changes alone (a delta), which are not judged';
    if (oid === DISTRIBUTION_POINT) {
      const fault = pointFault(readDer(content(value)), url);
      if (fault !== null) return fault;
    } else if (critical && !HARMLESS.has(oid)) return `has the critical extension ${oid}, which is not known here`;
  }
  return null;
}

const DELTA = '2.5.29.27';
const DISTRIBUTION_POINT = '2.5.29.28';
/** authorityKeyIdentifier and the number of the list. */
const HARMLESS: ReadonlySet<string> = new Set(['2.5.29.35', '2.5.29.20']);

/** IssuingDistributionPoint (RFC 5280 5.2.5): whom the list is about. */
function pointFault(value: DerValue, url: string): string | null {
  for (const field of members(value)) {
    switch (field.tag) {
      case 0xa0: {
        const urls = fullNameUrls(field);
        if (urls.length > 0 && !urls.includes(url)) return 'is for another distribution point';
        break;
      }
      case 0x81:
        break;
      case 0x82:
        if (isTrue(field)) return 'is about authorities alone';
        break;
      case 0x83:
        return 'is about some reasons alone, which is not judged';
      case 0x84:
        if (isTrue(field)) return 'speaks for other issuers (indirect), which is not judged';
        break;
      default:
        return 'is about something else than certificates of servers';
    }
  }
  return null;
}

function isTrue(field: DerValue): boolean {
  return readBoolean({ ...field, tag: TAG.boolean });
}

/** All entries are walked through: a critical extension in any of them forbids the use of the list (RFC 5280 5.3). */
function entryOf(revoked: DerValue | null, serial: Buffer, keepUntil: number | null): CrlVerdict {
  let revokedAt: number | null = null;
  for (const entry of revoked === null ? [] : eachMember(revoked)) {
    const [number, date, extensions] = members(entry);
    if (number === undefined || date === undefined) throw new DerFault('an entry is cut short');
    if (extensions !== undefined) {
      const critical = members(extensions)
        .map(readExtension)
        .find((each) => each.critical);
      if (critical !== undefined) return unknown(`has an entry with the critical extension ${critical.oid}`);
    }
    if (readInteger(number).equals(serial)) revokedAt ??= readTime(date);
  }
  return revokedAt === null ? { state: 'good', keepUntil } : { state: 'revoked', revokedAt, keepUntil };
}

function unknown(why: string): CrlVerdict {
  return { state: 'unknown', why };
}
