/**
 * What the score would be if one finding were mended, and if all were: the formula again on changed inputs. A finding is
 * taken to be mended as its remedy says. A host that never came to TLS is taken to come up with TLS 1.3 and a certificate
 * that is valid for its name, since nothing worse is known of it. Pure.
 */
import { type ConfidenceOptions, type ScoredAddress, scoreHosts } from './confidence.ts';
import type { WhatIf } from './result.ts';

/** What a policy gives a host whose certificate is valid. */
export type Cover = (exchange: string) => ScoredAddress['mtaSts'];

export interface WhatIfRow {
  readonly scored: ScoredAddress;
  /** Codes of the findings about this address. */
  readonly codes: readonly string[];
  /** The certificate is valid for the MX name, as MTA-STS asks. */
  readonly valid: boolean;
}

export interface WhatIfInput {
  readonly rows: readonly WhatIfRow[];
  /** Everything found, hosts and domain alike. */
  readonly findings: readonly Found[];
  readonly options: ConfidenceOptions;
  /** The policy that is published now. */
  readonly cover: Cover;
  /** The policy that the remedy of a finding publishes; null where it has none. */
  readonly advised: (finding: Found) => Cover | null;
  /** The remedy takes the MX record away. */
  readonly removes: (finding: Found) => boolean;
}

export interface Found {
  readonly code: string;
  readonly host?: string | undefined;
}

export interface WhatIfs {
  readonly whatIf: readonly WhatIf[];
  readonly allMended: { readonly value: number; readonly gain: number } | null;
}

/** Empty where nothing could be judged; otherwise one entry per finding that costs points, in the order found. */
export function whatIfs(input: WhatIfInput): WhatIfs {
  const current = scoreOf(input.rows, input.options);
  if (current === null) return { whatIf: [], allMended: null };
  const pairs = new Map(input.findings.map(({ code, host }) => [`${code} ${host ?? ''}`, { code, host }]));
  const whatIf: WhatIf[] = [];
  let mended = input.rows;
  for (const finding of pairs.values()) {
    const rows = mend(input.rows, finding, input);
    mended = mend(mended, finding, input);
    if (!changes(input.rows, rows)) continue;
    const value = scoreOf(rows, input.options);
    if (value !== null) whatIf.push({ code: finding.code, host: finding.host ?? null, value, gain: value - current });
  }
  const value = scoreOf(mended, input.options);
  return { whatIf, allMended: value === null ? null : { value, gain: value - current } };
}

function scoreOf(rows: readonly WhatIfRow[], options: ConfidenceOptions): number | null {
  return scoreHosts(
    rows.map(({ scored }) => scored),
    options,
  ).confidence.value;
}

function changes(before: readonly WhatIfRow[], after: readonly WhatIfRow[]): boolean {
  if (before.length !== after.length) return true;
  // A row that nothing was done to is the same one, and need not be looked through.
  return before.some((row, at) => row !== after[at] && JSON.stringify(row) !== JSON.stringify(after[at]));
}

function mend(rows: readonly WhatIfRow[], finding: Found, input: WhatIfInput): readonly WhatIfRow[] {
  if (input.removes(finding)) return rows.filter(({ scored }) => scored.exchange !== finding.host);
  const advised = input.advised(finding);
  return rows.map((row) => {
    if (finding.host !== undefined && row.scored.exchange !== finding.host) return row;
    if (advised !== null) return withCover(row, better(row.scored.mtaSts, advised(row.scored.exchange)));
    return row.codes.includes(finding.code) || finding.code === 'dane-absent' ? mendRow(row, finding.code, input) : row;
  });
}

function mendRow(row: WhatIfRow, code: string, { cover }: WhatIfInput): WhatIfRow {
  const { scored } = row;
  if (scored.verdict === 'inconclusive' || scored.verdict === 'skipped') return row;
  if (scored.verdict !== 'encrypted')
    return scored.fault === null || isBeside(scored, code) ? row : asGoodAsItGets(row, cover);
  if (code.startsWith('dane-')) {
    const mends = code === 'dane-mismatch' || code === 'dane-unusable' || code === 'dane-absent';
    // 3 1 1 vouches for the key, so that chain and name do not count (RFC 7672 3.1.1).
    return mends ? { ...row, scored: { ...scored, daneMatch: true, certificateFault: null } } : row;
  }
  if (code === 'tls-old-version') return { ...row, scored: { ...scored, protocol: BEST_PROTOCOL } };
  if (code === 'cipher-weak') {
    return { ...row, scored: { ...scored, cipher: scored.cipher && { ...scored.cipher, ...BEST_CIPHER } } };
  }
  return isCertificateFault(code) ? withoutFault(row, code, cover) : row;
}

/** A finding about something else than what keeps the session from being encrypted. */
function isBeside({ fault }: ScoredAddress, code: string): boolean {
  return code !== fault && !(fault === 'mx-has-no-address' && code.startsWith('mx-'));
}

function isCertificateFault(code: string): boolean {
  return code.startsWith('certificate-') && code !== 'certificate-near-expiry';
}

/** The next fault of the certificate, if there is one, costs the same; only the last one mended gains anything. */
function withoutFault(row: WhatIfRow, code: string, cover: Cover): WhatIfRow {
  const { scored } = row;
  const codes = row.codes.filter((each) => each !== code);
  const next = codes.find(isCertificateFault) ?? null;
  const valid = row.valid || next === null;
  const cipher = code === 'certificate-weak-key' || code === 'certificate-weak-signature' ? BEST_KEY : {};
  return withCover(
    {
      codes,
      valid,
      scored: {
        ...scored,
        certificateFault: scored.certificateFault === null ? null : next,
        cipher: scored.cipher && { ...scored.cipher, ...cipher },
      },
    },
    better(scored.mtaSts, cover(scored.exchange)),
  );
}

function withCover(row: WhatIfRow, mtaSts: ScoredAddress['mtaSts']): WhatIfRow {
  return row.valid && row.scored.verdict === 'encrypted' ? { ...row, scored: { ...row.scored, mtaSts } } : row;
}

function better(one: ScoredAddress['mtaSts'], other: ScoredAddress['mtaSts']): ScoredAddress['mtaSts'] {
  return one === 'covered-enforce' || other === null ? one : other;
}

const BEST_PROTOCOL = 'TLSv1.3';
const BEST_CIPHER = { name: 'TLS_AES_256_GCM_SHA384', bits: 256 } as const;
const BEST_KEY = { keyType: 'ec', keyBits: 256, signature: 'ecdsa-with-SHA256' } as const;

function asGoodAsItGets({ scored }: WhatIfRow, cover: Cover): WhatIfRow {
  return {
    codes: [],
    valid: true,
    scored: {
      ...scored,
      verdict: 'encrypted',
      protocol: BEST_PROTOCOL,
      fault: null,
      certificateFault: null,
      cipher: { ...BEST_CIPHER, ...BEST_KEY },
      mtaSts: cover(scored.exchange),
    },
  };
}
