/**
 * Destination Controls: what an operator says about one recipient domain, and which entry applies to it (specification
 * 2.a, R64 to R67). An entry says `default` wherever it leaves a field to the default entry; that is resolved at the
 * moment of delivery, field by field, never when the entry is written.
 */
import type { TlsMode } from './mode.ts';
import type { PolicyForce } from './published.ts';
import type { TlsVersion } from './requirement.ts';

export const IP_PREFERENCES = ['prefer-v6', 'require-v6', 'prefer-v4', 'require-v4'] as const;
export type IpPreference = (typeof IP_PREFERENCES)[number];

/** A limit counts for the whole domain, or for each address of its MX hosts. */
export type LimitType = 'domain' | 'mx-ip';
/** A limit counts for the whole system, or for each virtual gateway. */
export type LimitApply = 'system' | 'virtual-gateway';

/** What holds for one destination: every field has its value. */
export interface DestinationControls {
  readonly ipPreference: IpPreference;
  /** Connections at one time, 1 to 1,000. */
  readonly maxConcurrency: number;
  /** Messages over one connection, 1 to 1,000. */
  readonly maxMessagesPerConnection: number;
  /** Recipients in `recipientMinutes`, 0 to 1,000,000,000; 0 is no limit. */
  readonly recipientLimit: number;
  /** 1 to 60. */
  readonly recipientMinutes: number;
  readonly limitType: LimitType;
  readonly limitApply: LimitApply;
  readonly tls: TlsMode;
  readonly dane: PolicyForce['dane'];
  readonly mtaSts: PolicyForce['mtaSts'];
  /** `TLSv1`, `TLSv1.1`, `TLSv1.2` or `TLSv1.3`. */
  readonly minTlsVersion: TlsVersion;
  readonly strictCn: boolean;
  /** Envelope senders are tagged (prvs). */
  readonly bounceVerification: boolean;
  /** Name of a bounce profile. */
  readonly bounceProfile: string;
}

/** One row of the table: what it leaves to the default entry says `default`. */
export type DestinationEntry = {
  /** `example.com`, `.example.com` for every name below it, or `[192.0.2.1]`; A-labels, lower case. */
  readonly domain: string;
} & { readonly [Field in keyof DestinationControls]: DestinationControls[Field] | 'default' };

export interface DestinationTable {
  readonly default: DestinationControls;
  readonly entries: readonly DestinationEntry[];
}

/** The default entry of a new installation (specification 2.a.1, decision 8). */
export const DEFAULT_DESTINATION: DestinationControls = {
  ipPreference: 'prefer-v6',
  maxConcurrency: 500,
  maxMessagesPerConnection: 50,
  recipientLimit: 0,
  recipientMinutes: 60,
  limitType: 'domain',
  limitApply: 'system',
  tls: 'no',
  dane: 'opportunistic',
  mtaSts: 'on',
  minTlsVersion: 'TLSv1',
  strictCn: false,
  bounceVerification: false,
  bounceProfile: 'Default',
};

/** What an entry says that leaves everything to the default one. */
export const EVERYTHING_BY_DEFAULT = {
  ipPreference: 'default',
  maxConcurrency: 'default',
  maxMessagesPerConnection: 'default',
  recipientLimit: 'default',
  recipientMinutes: 'default',
  limitType: 'default',
  limitApply: 'default',
  tls: 'default',
  dane: 'default',
  mtaSts: 'default',
  minTlsVersion: 'default',
  strictCn: 'default',
  bounceVerification: 'default',
  bounceProfile: 'default',
} as const satisfies Omit<DestinationEntry, 'domain'>;

/** The default bounce profile, which can be changed and not deleted. */
export const DEFAULT_BOUNCE_PROFILE = 'Default';

/** The entry that applies: exact before the longest `.partial`; null when only the default does (R67). */
export function entryFor(entries: readonly DestinationEntry[], domain: string): DestinationEntry | null {
  let best: DestinationEntry | null = null;
  for (const entry of entries) {
    if (entry.domain === domain) return entry;
    const covers = entry.domain.startsWith('.') && domain.endsWith(entry.domain) && domain.length > entry.domain.length;
    if (covers && entry.domain.length > (best?.domain.length ?? 0)) best = entry;
  }
  return best;
}

/** What holds for a recipient domain, resolved now, field by field (R65, R66). */
export function controlsFor(table: DestinationTable, domain: string): DestinationControls {
  const entry = entryFor(table.entries, domain);
  if (entry === null) return table.default;
  const said = Object.entries(entry).filter(([field, value]) => field !== 'domain' && value !== 'default');
  return { ...table.default, ...Object.fromEntries(said) };
}
