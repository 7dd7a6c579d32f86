/** A chain of certificates for people: from the leaf to the anchor, with dates and remarks. */
import type { CertificateFacts, ChainRemark } from '../pki/chain-verdict.ts';
import type { HostResult } from '../probe/result.ts';

export type ShownChain = NonNullable<HostResult['chain']>;

/** Drawn leaf first, one certificate hanging below the other. `at`: ms since the epoch from which days are counted. */
export function chainLines(chain: ShownChain, at: number): readonly string[] {
  const lines = chain.sent.flatMap((certificate, index) => [
    `${'   '.repeat(Math.min(index, 6))}${index === 0 ? '' : '└─ '}${certificate.subject === '' ? '(no subject)' : certificate.subject}`,
    ...certificateLines(certificate, at).map((line) => `${'   '.repeat(Math.min(index, 6) + 1)}${line}`),
    ...chain.remarks
      .filter((remark) => 'position' in remark && remark.position === index + 1)
      .map((remark) => `${'   '.repeat(Math.min(index, 6) + 1)}! ${remarkSentence(remark)}`),
  ]);
  const general = chain.remarks
    .filter((remark) => !('position' in remark))
    .map((remark) => `! ${remarkSentence(remark)}`);
  const anchor =
    chain.anchor === null
      ? `not trusted: ${chain.detail ?? chain.problem ?? 'no path to a trusted root'}`
      : `trusted: ends at ${chain.anchor.subject} (${chain.anchor.from})`;
  const by = chain.revocationFrom === undefined ? '' : `, says ${chain.revocationFrom}`;
  const revocation = chain.revocation === 'not-checked' ? [] : [`revocation: ${chain.revocation}${by}`];
  return [...lines, ...general, anchor, ...revocation];
}

function certificateLines(certificate: CertificateFacts, at: number): readonly string[] {
  const names = [
    ...certificate.names.map((name) => `DNS:${name}`),
    ...certificate.addresses.map((address) => `IP:${address}`),
  ];
  const shown = names.slice(0, MAX_SHOWN_NAMES).join(', ');
  const more = names.length > MAX_SHOWN_NAMES ? `, and ${names.length - MAX_SHOWN_NAMES} more` : '';
  return [
    `valid ${day(certificate.notBefore)} to ${day(certificate.notAfter)}, ${daysWords(certificate, at)}`,
    `${certificate.key}, signed by ${certificate.issuer} with ${certificate.signature}`,
    ...(names.length === 0 ? [] : [`names ${shown}${more}`]),
  ];
}

const MAX_SHOWN_NAMES = 12;
const DAY_MS = 86_400_000;

function day(iso: string): string {
  return iso.slice(0, 10);
}

function daysWords({ notBefore, notAfter }: CertificateFacts, at: number): string {
  const left = Math.floor((Date.parse(notAfter) - at) / DAY_MS);
  if (Number.isNaN(left)) return 'dates unreadable';
  if (Date.parse(notBefore) > at) return 'not valid yet';
  return left < 0 ? `expired ${-left} days ago` : `${left} days left`;
}

export function remarkSentence(remark: ChainRemark): string {
  switch (remark.kind) {
    case 'duplicate':
      return `the same as certificate ${remark.of + 1}`;
    case 'misordered':
      return 'out of order: it should stand behind the one it signed';
    case 'foreign':
      return 'no part of the path';
    case 'root-sent':
      return 'a root: it need not be sent';
    case 'missing-intermediate':
      return `the certificate of ${remark.issuer} is missing`;
    case 'near-expiry':
      return `ends soon: ${remark.daysLeft} of ${remark.lifetimeDays} days left`;
    case 'weak-key':
      return `weak key: ${remark.key}`;
    case 'weak-signature':
      return `weak signature: ${remark.signature}`;
    case 'staple-missing':
      return 'asks for a stapled OCSP response, and none came';
    case 'revocation-not-known':
      return `whether it is revoked could not be learnt: ${remark.why}`;
  }
}
