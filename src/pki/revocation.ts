/**
 * What an OCSP response, stapled or fetched, says about a certificate (RFC 6960 section 3.2): it counts when it is about
 * this certificate, is signed by its issuer or by a responder the issuer appointed, and is current.
 */
import { createHash } from 'node:crypto';
import { type Certificate, namesChain, parseCertificate } from './certificate.ts';
import type { ChainVerdict } from './chain-verdict.ts';
import { DerFault } from './der.ts';
import { certificateId } from './ocsp-request.ts';
import { type OcspAnswer, type OcspResponse, readOcspResponse } from './ocsp-response.ts';
import { checkSignature } from './signature-check.ts';
import { isSignedBy } from './signed-by.ts';

export interface StapleToJudge {
  readonly staple: Buffer;
  readonly leaf: Certificate;
  /** The issuer of the path that was found. */
  readonly issuer: Certificate;
  /** ms since the epoch. */
  readonly at: number;
}

export interface RevocationVerdict {
  readonly state: Exclude<ChainVerdict['revocation'], 'not-checked'>;
  /** ms since the epoch; null unless revoked. */
  readonly revokedAt: number | null;
  /** Until when the answer may be kept, ms since the epoch; null where there is none to keep. */
  readonly keepUntil: number | null;
}

/** Largest staple read, octets. */
export const MAX_STAPLE_OCTETS = 64 * 1024;
/** Clocks differ: a response from a little in the future is taken. */
export const OCSP_CLOCK_SKEW_MS = 5 * 60_000;
/** A response without nextUpdate is taken for this long. */
export const MAX_OPEN_RESPONSE_AGE_MS = 7 * 86_400_000;

/** Whatever is wrong with the staple makes the state `unknown`, never an error. */
export function judgeStaple({ staple, leaf, issuer, at }: StapleToJudge): RevocationVerdict {
  const response = readLeniently(staple);
  const answer = response?.answers.find((candidate) => isAbout(candidate, leaf, issuer)) ?? null;
  if (response === null || answer === null || !isCurrent(answer, at) || !isSigned(response, issuer, at)) return UNKNOWN;
  return { state: answer.status, revokedAt: answer.revokedAt, keepUntil: answer.nextUpdate };
}

const UNKNOWN: RevocationVerdict = { state: 'unknown', revokedAt: null, keepUntil: null };
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

function readLeniently(staple: Buffer): OcspResponse | null {
  if (staple.length > MAX_STAPLE_OCTETS) return null;
  try {
    return readOcspResponse(staple);
  } catch (error) {
    if (error instanceof DerFault) return null;
    throw error;
  }
}

function isAbout(
  { hash, issuerNameHash, issuerKeyHash, serial }: OcspAnswer,
  leaf: Certificate,
  issuer: Certificate,
): boolean {
  if (hash === null) return false;
  const wanted = certificateId(leaf, issuer, (bytes) => createHash(hash).update(bytes).digest());
  return wanted.serial.equals(serial) && wanted.name.equals(issuerNameHash) && wanted.key.equals(issuerKeyHash);
}

function isCurrent({ thisUpdate, nextUpdate }: OcspAnswer, at: number): boolean {
  if (thisUpdate > at + OCSP_CLOCK_SKEW_MS) return false;
  return (nextUpdate ?? thisUpdate + MAX_OPEN_RESPONSE_AGE_MS) >= at;
}

/** RFC 6960 4.2.2.2: the issuer itself, or a certificate the issuer issued for just this purpose. */
function isSigned(response: OcspResponse, issuer: Certificate, at: number): boolean {
  if (response.algorithm.weak) return false;
  if (isSignedBy(response, issuer)) return true;
  return response.certificates.slice(0, MAX_RESPONDERS).some((der) => {
    const parsed = parseCertificate(der);
    if (!parsed.ok) return false;
    const responder = parsed.value;
    return (
      namesChain(responder, issuer) &&
      responder.extendedKeyUsage?.includes(OCSP_SIGNING) === true &&
      at >= responder.notBefore &&
      at <= responder.notAfter &&
      checkSignature(responder, issuer, { checks: 1, cost: Number.POSITIVE_INFINITY }) === 'good' &&
      isSignedBy(response, responder)
    );
  });
}

/** Responder certificates tried from one response. */
const MAX_RESPONDERS = 3;
