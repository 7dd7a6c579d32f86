/** PEM text (RFC 7468) to DER, with a name for everything that can be wrong with a file somebody hands us. */
import { failed, type Outcome, succeeded } from '../base/outcome.ts';

export type PemFault =
  /** No certificate block; `found` is the label of the first other block, null when there is no block at all. */
  | { readonly kind: 'no-certificate'; readonly found: string | null }
  | { readonly kind: 'bad-base64'; readonly position: number }
  | { readonly kind: 'no-end'; readonly position: number }
  | { readonly kind: 'too-large'; readonly limit: number };

/** Characters of PEM text read at once: a bundle of all public roots has a quarter of a million. */
export const MAX_PEM_LENGTH = 64 * 1024 * 1024;

/** The certificates of a text in order. Text between the blocks is ignored, other blocks are passed over. */
export function parsePemCertificates(text: string): Outcome<Buffer[], PemFault> {
  if (text.length > MAX_PEM_LENGTH) return failed({ kind: 'too-large', limit: MAX_PEM_LENGTH });
  const certificates: Buffer[] = [];
  let firstLabel: string | null = null;
  let offset = 0;
  for (;;) {
    const begin = text.indexOf(BEGIN, offset);
    if (begin < 0) break;
    const labelEnd = text.indexOf('-----', begin + BEGIN.length);
    const label = labelEnd < 0 ? '' : text.slice(begin + BEGIN.length, labelEnd);
    firstLabel ??= label;
    const bodyStart = labelEnd + 5;
    const end = labelEnd < 0 ? -1 : text.indexOf(`-----END ${label}-----`, bodyStart);
    if (end < 0) return failed({ kind: 'no-end', position: certificates.length + 1 });
    offset = end + 5;
    if (!CERTIFICATE_LABELS.has(label)) continue;
    const der = decode(text.slice(bodyStart, end));
    if (der === null) return failed({ kind: 'bad-base64', position: certificates.length + 1 });
    certificates.push(der);
  }
  return certificates.length === 0 ? failed({ kind: 'no-certificate', found: firstLabel }) : succeeded(certificates);
}

/** One sentence without the name of the file. */
export function describePemFault(fault: PemFault): string {
  switch (fault.kind) {
    case 'no-certificate':
      if (fault.found === null) return 'there is no PEM certificate in it';
      return fault.found.endsWith('PRIVATE KEY')
        ? 'it holds a private key where certificates belong'
        : `it holds no certificate; its first block is "${fault.found.slice(0, 40)}"`;
    case 'bad-base64':
      return `certificate ${fault.position} in it is not valid base64`;
    case 'no-end':
      return `block ${fault.position} in it has no END line`;
    case 'too-large':
      return `it is longer than ${fault.limit} characters`;
  }
}

const BEGIN = '-----BEGIN ';
const CERTIFICATE_LABELS: ReadonlySet<string> = new Set(['CERTIFICATE', 'X509 CERTIFICATE']);

function decode(body: string): Buffer | null {
  const compact = body.replace(/\s+/g, '');
  if (compact === '' || compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return null;
  return Buffer.from(compact, 'base64');
}
