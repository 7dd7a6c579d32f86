/**
 * The world a run takes place in, as every face hands it to `createApp`: parsed and read already. Whoever builds one has
 * refused what cannot be used, so nothing here fails for a typing mistake.
 */
import type { IpAddress } from '../base/ip-address.ts';
import type { Log } from '../base/log.ts';
import type { Mailbox } from '../base/mailbox.ts';
import type { AuthoritySettings } from '../config/document.ts';
import type { Destination } from '../net/net.ts';
import type { GivenServer } from '../probe/target.ts';

export interface AppSettings {
  /** `192.0.2.1`, `[::1]:53`, `tls://host`, `https://host/dns-query`, each with optional `?trust-ad`; empty: the system's. */
  readonly resolvers: readonly string[];
  /** DS or DNSKEY records of the root, as text; null: the built-in ones. */
  readonly dnssecAnchors: string | null;
  /** PEM certificates to trust besides the others. */
  readonly caFile: { readonly name: string; readonly pem: string } | null;
  readonly systemCa: boolean;
  /** Whom the configuration of an installation trusts now; left out where there is none. */
  readonly authorities?: (() => AuthoritySettings) | undefined;
  readonly port: number;
  readonly httpsPort: number;
  /** The name given in EHLO; null: this machine's. */
  readonly helo: string | null;
  /** Envelope sender; null: the null path's stand-in, chosen by the app. */
  readonly mailFrom: Mailbox | null;
  readonly family: 'any' | 4 | 6;
  /** ms for each stage. */
  readonly timeoutMs: number;
  /** ms for the whole run of one target; null: bounded by the stages alone. */
  readonly deadlineMs: number | null;
  /** PEM texts. */
  readonly client: { readonly certificate: string; readonly key: string } | null;
  readonly implicitTls: boolean;
  readonly auth: AuthSettings | null;
  readonly revocation: 'off' | 'staple' | 'fetch';
  /** Hosts that are known to answer on the SMTP port, asked when no host of a target does. */
  readonly canaries: readonly GivenServer[];
  readonly sourceAddress: IpAddress | null;
  readonly privateAddresses: 'allowed' | 'denied';
  /** The lab's, where many of its addresses have to live behind one; null otherwise. */
  readonly redirect: ((destination: Destination) => Destination) | null;
  /** A deep scan of every address that answers; null: none. */
  readonly scan: ScanSettings | null;
  readonly log: Log;
}

/** Connections of a scan to one address, unless a person says more. */
export const DEFAULT_SCAN_BUDGET = 30;
/** More than this nobody is asked to bear. */
export const MAX_SCAN_BUDGET = 500;

export interface ScanSettings {
  /** Connections to one address at most. */
  readonly budget: number;
  /** Tries STARTTLS command injection, too: only where the owner of the host wants it. */
  readonly injectionTest: boolean;
}

export interface AuthSettings {
  readonly type: 'plain' | 'login' | 'xoauth2';
  readonly user: string;
  /** Never printed, never logged (R55). */
  readonly secret: string;
}

export const SMTP_PORT = 25;
export const SMTPS_PORT = 465;
export const HTTPS_PORT = 443;
export const DEFAULT_TIMEOUT_MS = 30_000;

/** What holds where nobody said anything else; also the CLI's defaults. */
export const DEFAULT_SETTINGS: Omit<AppSettings, 'log'> = {
  resolvers: [],
  dnssecAnchors: null,
  caFile: null,
  systemCa: true,
  port: SMTP_PORT,
  httpsPort: HTTPS_PORT,
  helo: null,
  mailFrom: null,
  family: 'any',
  timeoutMs: DEFAULT_TIMEOUT_MS,
  deadlineMs: null,
  client: null,
  implicitTls: false,
  auth: null,
  revocation: 'staple',
  canaries: [],
  sourceAddress: null,
  privateAddresses: 'allowed',
  redirect: null,
  scan: null,
};
