/**
 * The result of a probe as the outside sees it: `tlsreach.probe/1`. Every face renders this one value; nothing is
 * looked up again. Names and meanings are a contract with other people's scripts.
 */

import type { DnsSecurity } from '../dns/answer.ts';
import type { ChainVerdict } from '../pki/chain-verdict.ts';
import type { IdentityVerdict } from '../pki/identity-verdict.ts';
import type { TranscriptLine } from '../policy/evidence.ts';
import type { TlsMode } from '../policy/mode.ts';
import type { HostScan } from '../policy/scan-evidence.ts';

export const STAGES = ['answer', 'connect', 'helo', 'tls', 'cert', 'secure', 'from', 'to'] as const;
export type StageName = (typeof STAGES)[number];

/** The matrix of AssureTLS (R24): without STARTTLS there is nothing between HELO and From. */
export const ASSURANCE_STAGES = ['answer', 'connect', 'helo', 'from', 'to'] as const satisfies readonly StageName[];

export interface StageResult {
  /** `not-run`: an earlier stage ended it. `not-tested`: nobody asked. */
  readonly result: 'ok' | 'fail' | 'not-run' | 'not-tested';
  /** Whole ms since the end of the stage before; absent where nothing ran. */
  readonly ms?: number;
  /** Finding code of a failure. */
  readonly code?: string;
  readonly detail?: string;
}

export type HostVerdict = 'encrypted' | 'clear' | 'broken-tls' | 'unreachable' | 'inconclusive' | 'skipped';
/** Whose fault a failing verdict is: the receiver's, ours, or the network's between. */
export type Blame = 'them' | 'us' | 'path' | null;

export interface ScoreTerms {
  readonly state: 'encrypted' | 'clear' | 'unreachable' | 'inconclusive' | 'skipped';
  readonly base: number;
  readonly certificate: number;
  readonly cipher: number;
  readonly bonus: number;
  readonly rank: number;
  readonly weight: number;
}

export interface HostResult {
  readonly exchange: string;
  readonly preference: number;
  /** Null when the host has no address. */
  readonly address: string | null;
  readonly port: number;
  readonly verdict: HostVerdict;
  readonly blame: Blame;
  readonly score: number | null;
  readonly terms: ScoreTerms;
  readonly stages: Readonly<Record<StageName, StageResult>>;
  readonly greeting: string | null;
  /** Keywords of the first EHLO, as sent. */
  readonly extensions: readonly string[];
  readonly extensionsUnderTls: readonly string[];
  readonly tls: {
    readonly protocol: string;
    readonly cipher: string;
    readonly cipherStandardName: string;
    readonly bits: number;
    readonly group: string | null;
    readonly serverName: string | null;
  } | null;
  readonly chain: ChainVerdict | null;
  readonly identity: IdentityVerdict | null;
  readonly dane: {
    readonly status: 'none' | 'match' | 'mismatch' | 'unusable' | 'failed' | 'not-tested';
    /** One sentence. */
    readonly detail?: string;
    /** Where the records stand: `_25._tcp.mx.example.com`. */
    readonly tlsaName?: string;
    readonly records?: readonly { readonly record: string; readonly matched: boolean; readonly detail: string }[];
    /** What was asked on the way to the records, in order. */
    readonly steps?: readonly {
      readonly name: string;
      readonly type: string;
      readonly outcome: 'records' | 'no-data' | 'no-such-name' | 'failed';
      readonly security: DnsSecurity;
    }[];
  };
  readonly mtaSts: { readonly status: 'none' | 'covered' | 'not-covered' | 'not-tested' };
  readonly findings: readonly Finding[];
  /** Our own end of the connection; absent where there was none. */
  readonly localAddress?: string;
  /** Which authorities may issue for the host (RFC 8659); null: every one. Absent where it was not looked up. */
  readonly caa?: {
    readonly status: 'found' | 'none' | 'failed';
    readonly at?: string;
    readonly issuers?: readonly string[] | null;
    readonly wildcardIssuers?: readonly string[] | null;
    readonly detail?: string;
  };
  /** The names of the address that lead back to it; absent where they were not looked up. */
  readonly reverse?: {
    readonly status: 'confirmed' | 'none' | 'failed';
    readonly names: readonly string[];
    readonly unconfirmed: readonly string[];
    readonly detail?: string;
  };
  /** Only with a deep scan. */
  readonly scan?: HostScan;
  readonly transcript: readonly TranscriptLine[];
}

export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  /** MX host it concerns; absent for the domain as a whole. */
  readonly host?: string;
  readonly address?: string;
  readonly title: string;
  readonly detail: string;
  readonly advice: string;
  readonly reference: string;
  /** The exact record or setting that would mend it, to be copied; absent where nothing exact can be said. */
  readonly remedies?: readonly Remedy[];
}

export interface Remedy {
  readonly kind: 'dns-record' | 'policy-file' | 'certificate' | 'configuration';
  /** Where it goes. */
  readonly for: 'zone' | 'mta-sts-host' | 'postfix' | 'exim' | 'opensmtpd' | 'any';
  /** Which step of the mending this is, by name (`remedy-steps.ts`); absent in results of earlier versions. */
  readonly step?: string;
  /** What to do with it, one line. */
  readonly title: string;
  /**
   * To be copied, lines separated by a line feed. For a zone: master-file records; a line that begins with `; remove: `
   * names a record to take away first, or every record of that name and type where it has no data.
   */
  readonly text: string;
}

/** The score of the domain if one finding alone were mended as its remedy says. */
export interface WhatIf {
  readonly code: string;
  /** Null for the domain as a whole. */
  readonly host: string | null;
  readonly value: number;
  readonly gain: number;
}

/** What a date of the clock is about; the first ones are deadlines, the last ones the times from which a step is safe. */
export const CLOCK_TOPICS = [
  'certificate-ends',
  'issuer-ends',
  'tlsa-publish-next',
  'signature-ends',
  'policy-kept-ends',
  'key-switch-safe',
  'mx-switch-safe',
  'old-mx-needed',
  'policy-removable',
] as const;

/** A date before which something must be done, or from which a change loses no mail. */
export interface ClockEntry {
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly what: (typeof CLOCK_TOPICS)[number];
  /** MX host it concerns; absent for the domain as a whole. */
  readonly host?: string;
  /** `error`: overdue. `warning`: near, measured against the lifetime. */
  readonly severity: Finding['severity'];
  readonly sentence: string;
}

export interface Loss {
  readonly code: string;
  /** Off that host's own score, unweighted. */
  readonly points: number;
  readonly host: string;
  readonly address: string | null;
}

export interface Confidence {
  readonly formula: 'CF-1';
  /** Null when nothing could be judged. */
  readonly value: number | null;
  readonly maximum: number;
  readonly bestInClass: 121;
  readonly percent: number | null;
  /** Some host was inconclusive and is left out. */
  readonly provisional: boolean;
  readonly secure: boolean;
  readonly losses: readonly Loss[];
}

/** Senders other than the six modes, told apart by the published policy they honour and by their names for it. */
export const SENDERS = [
  'dane-opportunistic',
  'dane-mandatory',
  'mta-sts',
  'requiretls',
  'postfix-none',
  'postfix-may',
  'postfix-encrypt',
  'postfix-dane',
  'postfix-dane-only',
  'postfix-fingerprint',
  'postfix-verify',
  'postfix-secure',
] as const;
export type SenderName = (typeof SENDERS)[number];

export interface PredictedOutcome {
  readonly channel: 'encrypted' | 'clear' | 'none';
  readonly host: string | null;
  readonly verified: boolean | null;
}

export interface Prediction extends PredictedOutcome {
  readonly basis: 'observed' | 'inferred';
  /** The channels of everything else that could come out; the same channel again where only the host may differ. */
  readonly alternatives: readonly PredictedOutcome['channel'][];
  /** The alternatives in full. */
  readonly outcomes: readonly PredictedOutcome[];
  readonly because: readonly string[];
}

export interface ProbeResult {
  readonly format: 'tlsreach.probe/1';
  /** As typed. */
  readonly target: string;
  /** A-label; an address literal in brackets where one was given. */
  readonly domain: string;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  readonly elapsedMs: number;
  readonly status: 'tested' | 'null-mx' | 'no-such-domain' | 'no-address' | 'dns-failure' | 'blocked';
  /** Why there is no test, in a sentence; null when `tested`. */
  readonly problem: string | null;
  readonly confidence: Confidence;
  /** Only with Quick: the score of the one server that was contacted. */
  readonly qFactor?: number | null;
  /** Only with AssureTLS. */
  readonly assurance?: {
    readonly value: 0 | 100;
    readonly hosts: readonly {
      readonly exchange: string;
      readonly preference: number;
      readonly address: string | null;
      readonly port: number;
      /** Mail in clear was refused for good. */
      readonly refused: boolean;
      /** What it said to that, or why it could not be asked. */
      readonly reply: string;
      readonly stages: Readonly<Record<(typeof ASSURANCE_STAGES)[number], StageResult>>;
    }[];
  };
  readonly hosts: readonly HostResult[];
  /** Only where no host answered and canaries were named. */
  readonly canaries?: readonly {
    readonly server: string;
    readonly outcome: 'answered' | 'silent' | 'unknown';
    readonly detail: string;
  }[];
  /** Only where every authoritative name server was asked. */
  readonly authoritative?: readonly {
    readonly name: string;
    readonly type: 'MX' | 'TLSA' | 'TXT';
    /** Null where it was not found. */
    readonly zone: string | null;
    readonly agree: boolean;
    readonly answers: readonly {
      readonly server: string;
      readonly address: string | null;
      readonly kind: string;
      readonly said: string;
    }[];
  }[];
  /** Percent of rows OK per stage; null where nobody ran it. */
  readonly average: Readonly<Record<StageName, number | null>>;
  readonly dns: {
    readonly mx: {
      readonly security: DnsSecurity;
      readonly securityFrom: string | null;
      readonly source: 'mx' | 'implicit' | 'given' | null;
      readonly records: readonly { readonly exchange: string; readonly preference: number }[];
    };
    /** What DNSSEC says of the addresses and TLSA records of each host (R27); `tlsa` null where they were not asked for. */
    readonly hosts: readonly {
      readonly exchange: string;
      readonly addresses: DnsSecurity;
      readonly tlsa: DnsSecurity | null;
    }[];
    readonly resolvers: readonly string[];
  };
  readonly mtaSts: {
    readonly mode: 'absent' | 'none' | 'testing' | 'enforce' | 'failed' | 'not-tested';
    readonly id?: string;
    /** Patterns of the policy. */
    readonly mx?: readonly string[];
    /** Seconds. */
    readonly maxAge?: number;
    readonly fetchedAt?: string;
    readonly from?: 'fetch' | 'cache';
  };
  readonly tlsRpt: {
    readonly status: 'present' | 'absent' | 'faulty' | 'failed' | 'not-tested';
    readonly addresses?: readonly string[];
  };
  /** Over all hosts: what the weakest of them shows. */
  readonly dane: { readonly status: HostResult['dane']['status'] };
  readonly trust: {
    readonly anchors: number;
    readonly sources: readonly { readonly name: string; readonly date: string | null; readonly count: number }[];
  };
  readonly predictions: Readonly<Record<TlsMode, Prediction>>;
  /** The same for senders that are told apart by the published policy they honour. */
  readonly senders: Readonly<Record<SenderName, Prediction>>;
  readonly findings: readonly Finding[];
  /** The dates to know, the earliest first. */
  readonly clock: readonly ClockEntry[];
  /** What is no fault and could be better, in the form of findings; none of them is among the findings. */
  readonly improvements?: readonly Finding[];
  /** One entry per finding or improvement that costs points. */
  readonly whatIf?: readonly WhatIf[];
  /** The score if all of these were mended; null where nothing could be judged. */
  readonly allMended?: { readonly value: number; readonly gain: number } | null;
}
