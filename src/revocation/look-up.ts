/**
 * Whether the authority has withdrawn a certificate, asked at the places the certificate names: its OCSP responders first,
 * then its lists. The first answer that counts is the answer. Where none counts, the certificate is believed, as by
 * everybody else who asks: a responder that is down must not stop the mail.
 */
import type { Certificate } from '../pki/certificate.ts';
import type { RevocationSeen } from '../pki/chain-verdict.ts';
import { judgeCrl } from '../pki/crl.ts';
import { ocspRequest } from '../pki/ocsp-request.ts';
import { judgeStaple } from '../pki/revocation.ts';
import { statusSources } from '../pki/status-sources.ts';
import type { StatusAnswer, StatusRequest, StatusSource } from './status.ts';

export interface RevocationQuestion {
  readonly leaf: Certificate;
  /** The issuer of the path that was found. */
  readonly issuer: Certificate;
  /** ms since the epoch. */
  readonly at: number;
}

/** Null where the certificate names no place that could be asked. */
export async function lookUpRevocation(
  source: StatusSource,
  question: RevocationQuestion,
  signal: AbortSignal,
): Promise<RevocationSeen | null> {
  const places = statusSources(question.leaf);
  const body = places.ocsp.length === 0 ? null : ocspRequest(question.leaf, question.issuer);
  const requests: readonly StatusRequest[] = [
    ...places.ocsp.map((url) => ({ kind: 'ocsp', url, body }) as const),
    ...places.crl.map((url) => ({ kind: 'crl', url, body: null }) as const),
  ];
  if (requests.length === 0) return null;
  const faults: string[] = [];
  for (const request of requests) {
    const answer = await source.fetch(request, signal);
    const judged = judge(request, answer, question);
    if (typeof judged !== 'string') {
      if (judged.keepUntil !== null) source.keep(request, answer, judged.keepUntil);
      return { state: judged.state, revokedAt: judged.revokedAt, from: request.url, why: null };
    }
    faults.push(`${request.url} ${judged}`);
    if (signal.aborted) break;
  }
  return { state: 'unknown', revokedAt: null, from: null, why: faults.join('; ') };
}

interface Judged {
  readonly state: 'good' | 'revoked';
  readonly revokedAt: number | null;
  readonly keepUntil: number | null;
}

/** A text where the answer does not count: why, as the end of a sentence that begins with the place. */
function judge(
  request: StatusRequest,
  answer: StatusAnswer,
  { leaf, issuer, at }: RevocationQuestion,
): Judged | string {
  if (answer.kind === 'failed') return answer.why;
  if (request.kind === 'ocsp') {
    const { state, revokedAt, keepUntil } = judgeStaple({ staple: answer.octets, leaf, issuer, at });
    return state === 'unknown' ? 'gave no answer that counts for this certificate' : { state, revokedAt, keepUntil };
  }
  const verdict = judgeCrl({ list: answer.octets, url: request.url, leaf, issuer, at });
  if (verdict.state === 'unknown') return `sent a list that ${verdict.why}`;
  return { ...verdict, revokedAt: verdict.state === 'revoked' ? verdict.revokedAt : null };
}
