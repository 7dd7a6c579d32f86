/**
 * What must hold before mail may go over a connection. A TLS mode yields one, published policy (MTA-STS, DANE) yields
 * others, and they are joined upwards: the stricter of each field wins, so policy only ratchets up.
 */
import type { TlsMode } from './mode.ts';

/** Who is authenticated, and by which rule. */
export type Check =
  /** Chain, then recipient domain or reverse name (algorithm Verify, specification 2.c). */
  | 'verify'
  /** Chain, then recipient domain, static route or MX name (algorithm Hosted). */
  | 'hosted'
  /** Chain, then the MX name of the published policy (RFC 8461 4.2). */
  | 'mta-sts'
  /** A TLSA record of the host (RFC 7672). */
  | 'dane'
  /** Chain alone: the name is compared by a rule of the sender's own. */
  | 'chain'
  /** The certificate that is presented today, which the sender has pinned. */
  | 'pinned';

export const CHECKS: readonly Check[] = ['verify', 'hosted', 'mta-sts', 'dane', 'chain', 'pinned'];

/** `try`: looked at and reported; `must`: without it no mail goes. */
export type CheckForce = 'off' | 'try' | 'must';

export interface Requirement {
  /** `avoid`: published policy rules this host out, or could not be had; the next one may serve. */
  readonly host: 'allowed' | 'avoid';
  readonly starttls: 'never' | 'if-offered' | 'always';
  /** `before-220`: in clear only where TLS failed before the server said 220 to STARTTLS (RFC 3207 4.1). */
  readonly clear: 'allowed' | 'before-220' | 'never';
  readonly checks: Readonly<Record<Check, CheckForce>>;
  readonly minTlsVersion: TlsVersion;
  /** Where each part comes from, in words; no order is meant. */
  readonly because: readonly string[];
}

export const TLS_VERSIONS = ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

const NO_CHECKS: Readonly<Record<Check, CheckForce>> = {
  verify: 'off',
  hosted: 'off',
  'mta-sts': 'off',
  dane: 'off',
  chain: 'off',
  pinned: 'off',
};

/** The requirement that asks for nothing: the neutral element of `join`. */
export const NO_REQUIREMENT: Requirement = {
  host: 'allowed',
  starttls: 'never',
  clear: 'allowed',
  checks: NO_CHECKS,
  minTlsVersion: 'TLSv1',
  because: [],
};

/** What a TLS mode asks for (specification 2.b.1). */
export function requirementOf(mode: TlsMode): Requirement {
  return OF_MODE[mode];
}

const OPPORTUNISTIC = { starttls: 'if-offered', clear: 'before-220' } as const;
const MANDATORY = { starttls: 'always', clear: 'never' } as const;

const OF_MODE: Readonly<Record<TlsMode, Requirement>> = {
  no: asked('no', {}),
  preferred: asked('preferred', OPPORTUNISTIC),
  'preferred-verify': asked('preferred-verify', OPPORTUNISTIC, { verify: 'try' }),
  required: asked('required', MANDATORY),
  'required-verify': asked('required-verify', MANDATORY, { verify: 'must' }),
  'required-verify-hosted': asked('required-verify-hosted', MANDATORY, { hosted: 'must' }),
};

function asked(mode: TlsMode, tls: Partial<Requirement>, checks: Partial<Requirement['checks']> = {}): Requirement {
  return { ...NO_REQUIREMENT, ...tls, checks: { ...NO_CHECKS, ...checks }, because: [`mode ${mode}`] };
}

/** The stricter of each field. Commutative, associative, idempotent. */
export function join(a: Requirement, b: Requirement): Requirement {
  // Nothing adds nothing; most joins are of this kind.
  if (b === NO_REQUIREMENT && a.because.length < 2) return a;
  return {
    host: stricter(['allowed', 'avoid'], a.host, b.host),
    starttls: stricter(['never', 'if-offered', 'always'], a.starttls, b.starttls),
    clear: stricter(['allowed', 'before-220', 'never'], a.clear, b.clear),
    checks: {
      verify: stricter(FORCES, a.checks.verify, b.checks.verify),
      hosted: stricter(FORCES, a.checks.hosted, b.checks.hosted),
      'mta-sts': stricter(FORCES, a.checks['mta-sts'], b.checks['mta-sts']),
      dane: stricter(FORCES, a.checks.dane, b.checks.dane),
      chain: stricter(FORCES, a.checks.chain, b.checks.chain),
      pinned: stricter(FORCES, a.checks.pinned, b.checks.pinned),
    },
    minTlsVersion: stricter(TLS_VERSIONS, a.minTlsVersion, b.minTlsVersion),
    because: [...new Set([...a.because, ...b.because])].sort(),
  };
}

const FORCES: readonly CheckForce[] = ['off', 'try', 'must'];

/** The one that stands later in `scale`. */
function stricter<T extends string>(scale: readonly T[], a: T, b: T): T {
  return scale.indexOf(a) >= scale.indexOf(b) ? a : b;
}

/** Whether `protocol` (OpenSSL's name) is at least `minimum`; an unknown name is not. */
export function isAtLeast(protocol: string, minimum: TlsVersion): boolean {
  return (TLS_VERSIONS as readonly string[]).indexOf(protocol) >= TLS_VERSIONS.indexOf(minimum);
}
