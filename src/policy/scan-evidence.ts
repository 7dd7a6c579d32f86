/**
 * What a deep scan of one address found out about its TLS: plain data that can be written down and judged again. Every
 * finding says how it was learned. What was not found out says why, and is never the same as "no" (decision on the two axes).
 */

export type ScanVersion = 'SSLv2' | 'SSLv3' | 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** Newest first. */
export const SCAN_VERSIONS: readonly ScanVersion[] = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1', 'SSLv3', 'SSLv2'];

/** Sorts of cipher suites that somebody has an opinion about; a suite may be in several. */
export type CipherClass =
  | 'anonymous' //       no certificate: whoever sits between can read along
  | 'null' //            no encryption
  | 'export' //          weakened on purpose, 40 or 56 bits
  | 'des'
  | 'rc4'
  | '3des'
  | 'obsolete' //        IDEA, SEED, RC2
  | 'static-rsa' //      RSA key transport: no forward secrecy
  | 'dhe' //             finite-field Diffie-Hellman
  | 'forward-secret'
  | 'cbc'
  | 'aead';

export type Finding<Value> =
  | {
      readonly kind: 'known';
      readonly value: Value;
      /** `inferred`: it follows from the answer to another question. */
      readonly basis: 'seen' | 'inferred';
      /** Steps of `trail` that show it, counted from one. */
      readonly steps: readonly number[];
    }
  | { readonly kind: 'unknown'; readonly why: UnknownWhy };

export type UnknownWhy =
  | 'not-asked' //        the budget or the time ended before
  | 'put-off' //          the host would not talk to us
  | 'no-answer' //        asked, and the server said nothing
  | 'not-applicable'; //  the question makes no sense at this server

export interface FoundSuite {
  readonly code: number;
  /** As IANA names it. */
  readonly name: string;
  readonly bits: number;
  readonly classes: readonly CipherClass[];
  readonly step: number;
}

export interface FoundSuites {
  readonly version: ScanVersion;
  /** In the server's order where `order` is `server`, else as they were found. */
  readonly accepted: readonly FoundSuite[];
  /** Whose preference counts; unknown where fewer than two suites are. */
  readonly order: Finding<'server' | 'client'>;
  /** Nothing else that we could ask for is accepted. */
  readonly complete: boolean;
}

export interface FoundGroup {
  readonly code: number;
  readonly name: string;
  readonly versions: readonly ScanVersion[];
  readonly steps: readonly number[];
}

export interface FoundSignature {
  readonly code: number;
  readonly name: string;
  readonly step: number;
}

export type InjectionOutcome =
  | 'discarded' //          the pipelined command was thrown away, as it must be
  | 'executed-inside-tls' // CVE-2011-0411: what came in clear was obeyed inside TLS
  | 'answered-in-clear' //  obeyed before the handshake: no hole, but no order either
  | 'refused'; //           the server would not start TLS after it

/** One connection: what was asked and what came back, for people. */
export interface ScanStep {
  readonly asked: string;
  readonly answer: string;
  readonly ms: number;
  /** The connection was put off before TLS could be asked for. */
  readonly putOff: boolean;
}

export interface Throttling {
  /** Connections that were put off. */
  readonly times: number;
  readonly waitedMs: number;
  /** What the host said last when it put us off. */
  readonly said: string;
  /** The scan ended before the host let us finish. */
  readonly gaveUp: boolean;
}

/** Why there is nothing to scan, or no more. */
export type ScanProblem =
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'no-starttls'; readonly detail: string }
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'cancelled'; readonly detail: string };

export interface ScanReport {
  readonly format: 'tlsreach.scan/1';
  readonly address: string;
  readonly port: number;
  /** Sent as SNI; null when none was. */
  readonly serverName: string | null;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly elapsedMs: number;
  readonly budget: number;
  /** TCP connections tried, those that were put off included; never above `budget`. */
  readonly connections: number;
  /** Every question that could be asked was, and was answered. */
  readonly complete: boolean;
  /** The host kept us from finding out whether it speaks TLS, or from finishing. */
  readonly inconclusive: boolean;
  readonly throttled: Throttling | null;
  readonly problem: ScanProblem | null;
  readonly versions: Readonly<Record<ScanVersion, Finding<'accepted' | 'refused'>>>;
  /** Of each version accepted, newest first. */
  readonly suites: readonly FoundSuites[];
  readonly classes: Readonly<Record<CipherClass, Finding<boolean>>>;
  readonly groups: {
    readonly accepted: readonly FoundGroup[];
    /** Names of groups that were offered and not taken, with TLS 1.3 where the server has it. */
    readonly refused: readonly string[];
    readonly complete: boolean;
    /** A hybrid or pure ML-KEM group in TLS 1.3 (S-PKI-11). */
    readonly postQuantum: Finding<boolean>;
  };
  /** Size of the finite-field group, bits: the smallest seen. */
  readonly dheBits: Finding<number>;
  readonly signatures: {
    readonly accepted: readonly FoundSignature[];
    readonly complete: boolean;
    /** SHA-1, SHA-224 or MD5 for the key exchange. */
    readonly weak: Finding<boolean>;
  };
  readonly extendedMasterSecret: Finding<boolean>;
  readonly secureRenegotiation: Finding<boolean>;
  /** TLS compression (CRIME). */
  readonly compression: Finding<boolean>;
  readonly sessionTickets: Finding<boolean>;
  readonly resumption: Finding<boolean>;
  readonly ocspStaple: Finding<boolean>;
  readonly withoutServerName: Finding<'same-certificate' | 'other-certificate' | 'refused'>;
  /** A ClientHello of more than one segment, everything else unchanged (S-PKI-12). */
  readonly largeHello: Finding<'answered' | 'not-answered'>;
  readonly fallbackScsv: Finding<boolean>;
  readonly commandInjection: Finding<InjectionOutcome>;
  /** Chains as sent, base64 of the DER: with the server name, and without where that differs. */
  readonly chainAsSent: readonly string[];
  readonly chainWithoutServerName: readonly string[];
  /** In words: a stalled flight, answers that contradict each other, protocol violations. */
  readonly remarks: readonly string[];
  readonly trail: readonly ScanStep[];
}

export type ScanRating = 'good' | 'sufficient' | 'phase-out' | 'insufficient';

/** A report against one profile. */
export interface RatedProfile {
  readonly profile: string;
  readonly title: string;
  /** The worst of all rows; null where nothing is known. */
  readonly overall: ScanRating | null;
  readonly rows: readonly {
    readonly subject: string;
    readonly what: string;
    readonly rating: ScanRating;
    readonly why: string;
    readonly reference: string;
  }[];
}

/** What a deep scan adds to a host. */
export interface HostScan {
  readonly report: ScanReport;
  readonly ratings: readonly RatedProfile[];
}
