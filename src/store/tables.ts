/**
 * The tables as the newest version of this program has them; `migrations.ts` leads there. Times are wall-clock ms; lists
 * and records that nobody searches are JSON text.
 */
import type { Generated } from 'kysely';
import type { RecipientState } from '../delivery/queue-store.ts';

export interface Tables {
  readonly message: MessageTable;
  readonly body: BodyTable;
  readonly recipient: RecipientTable;
  readonly attempt: AttemptTable;
  readonly host: HostTable;
  readonly slot: SlotTable;
  readonly allowance: AllowanceTable;
  readonly number_block: NumberTable;
  readonly signal: SignalTable;
  readonly configuration: ConfigurationTable;
  readonly pending_configuration: PendingTable;
  readonly probe: ProbeTable;
  readonly account: AccountTable;
  readonly access_token: TokenTable;
  readonly audit: AuditTable;
  readonly web_session: SessionTable;
  readonly probe_job: ProbeJobTable;
  readonly request_key: RequestKeyTable;
  readonly batch: BatchTable;
  readonly batch_item: BatchItemTable;
  readonly demo_certificate: DemoCertificateTable;
  readonly expiry_notice: ExpiryNoticeTable;
  readonly monitor: MonitorTable;
  readonly monitor_run: MonitorRunTable;
  readonly monitor_result: MonitorResultTable;
  readonly monitor_posting: MonitorPostingTable;
}

interface MessageTable {
  readonly mid: Generated<number>;
  readonly sender: string;
  /** JSON of `EnvelopeOptions`. */
  readonly options: string;
  readonly accepted_at: number;
  readonly origin: string;
  readonly message_id: string | null;
  readonly subject: string | null;
  readonly gateway: string | null;
  readonly idempotency_key: string | null;
  readonly octets: number;
  /** When its last recipient was done with; null while one waits, is claimed or held. */
  readonly finished_at: number | null;
}

/** Apart from the message, so that nobody reads a text who only wants to know whose it is. */
interface BodyTable {
  readonly mid: number;
  readonly bytes: Uint8Array;
}

export interface RecipientTable {
  readonly mid: number;
  readonly rid: number;
  readonly address: string;
  readonly destination: string;
  /** JSON; null where the submitter said nothing. */
  readonly notify: string | null;
  readonly orcpt: string | null;
  readonly state: RecipientState;
  readonly next_attempt_at: number;
  readonly attempts: number;
  readonly delay_warnings: number;
  readonly last_warning_at: number | null;
  /** The attempt on record; null when it was never tried. Old ones stay, so that their reports can be told apart. */
  readonly attempt_id: number | null;
  /** JSON of `AttemptFacts`. */
  readonly last: string | null;
}

/** One claimed message on its way, leased. Gone when its last recipient was reported. */
interface AttemptTable {
  readonly attempt_id: Generated<number>;
  readonly mid: number;
  readonly destination: string;
  readonly owner: string;
  readonly started_at: number;
  readonly lease_until: number;
}

export interface HostTable {
  readonly destination: string;
  readonly down_until: number | null;
  readonly last_failure: string | null;
  readonly last_5xx: string | null;
  readonly last_activity: number | null;
  readonly soft_bounced: number;
  readonly bounced_dns: number;
  readonly bounced_fivexx: number;
  readonly bounced_expired: number;
  readonly bounced_other: number;
  readonly delivered: number;
}

/** Places under a key; a free one has no lease. */
interface SlotTable {
  readonly key: string;
  readonly slot: number;
  readonly owner: string;
  readonly lease_until: number;
}

/** Recipients taken in the window that begins then. */
interface AllowanceTable {
  readonly key: string;
  readonly window_start: number;
  readonly taken: number;
}

interface NumberTable {
  readonly what: string;
  /** The first number that nobody has reserved. */
  readonly next: number;
}

/** What one process tells the others (SQLite; PostgreSQL has NOTIFY). */
interface SignalTable {
  readonly id: Generated<number>;
  readonly channel: string;
  readonly payload: string;
}

interface ConfigurationTable {
  readonly revision: number;
  readonly document: string;
  readonly comment: string;
  readonly author: string;
  readonly at: number;
}

/** One row, `id` 1. `document` is null when nothing is pending; the version lives on, so that it never repeats. */
interface PendingTable {
  readonly id: number;
  readonly document: string | null;
  readonly based_on: number;
  readonly version: number;
}

/** Tests that ended. */
export interface ProbeTable {
  readonly id: string;
  readonly target: string;
  readonly domain: string;
  /** 1: stands in the history of its domain for everybody. */
  readonly listed: number;
  /** JSON. */
  readonly options: string;
  readonly created_at: number;
  readonly finished_at: number;
  /** JSON of `tlsreach.probe/1`. */
  readonly result: string | null;
  readonly problem: string | null;
  /** What makes two tests the same one; null where it was not kept. */
  readonly reuse_key: string | null;
}

/** Tests under way. A row whose lease is over belongs to a process that died. */
export interface ProbeJobTable {
  readonly id: string;
  readonly reuse_key: string;
  readonly target: string;
  readonly domain: string;
  readonly listed: number;
  readonly options: string;
  readonly created_at: number;
  readonly owner: string;
  readonly lease_until: number;
}

/** Of the secret of a session only the digest. */
export interface SessionTable {
  readonly digest: string;
  readonly name: string;
  readonly origin: string;
  readonly created_at: number;
  readonly last_seen: number;
  readonly expires_at: number;
}

/** A request that came with an idempotency key, by a digest of caller, place and key. */
export interface RequestKeyTable {
  readonly name: string;
  /** Digest of what was asked for. */
  readonly request: string;
  /** Id of the answer: of the one that was to be while `settled` is 0. */
  readonly answer: string;
  readonly settled: number;
  readonly held_until: number;
  readonly created_at: number;
}

export interface BatchTable {
  readonly id: string;
  readonly caller: string;
  readonly anonymous: number;
  /** JSON. */
  readonly options: string;
  readonly fresh: number;
  /** JSON of `BatchReport`; null where nobody wants one. */
  readonly report: string | null;
  readonly report_state: string | null;
  readonly report_detail: string | null;
  readonly created_at: number;
  readonly ended_at: number | null;
  readonly owner: string | null;
  readonly lease_until: number;
}

export interface BatchItemTable {
  readonly batch: string;
  readonly place: number;
  readonly target: string;
  readonly state: string;
  readonly probe: string | null;
  readonly tries: number;
  readonly value: number | null;
  readonly problem_kind: string | null;
  readonly problem: string | null;
}

interface AccountTable {
  readonly name: string;
  readonly role: string;
  readonly password_hash: string;
  readonly must_change: number;
  readonly created_at: number;
}

interface TokenTable {
  readonly id: string;
  readonly title: string;
  readonly digest: string;
  /** With blanks between. */
  readonly scopes: string;
  readonly owner: string;
  readonly created_at: number;
}

interface AuditTable {
  readonly id: Generated<number>;
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly detail: string;
}

/** One row, `id` 1: PEM texts. */
interface DemoCertificateTable {
  readonly id: number;
  readonly certificate: string;
  readonly private_key: string;
  readonly made_at: number;
}

/** Of a certificate it was told that it runs out in so many days. */
interface ExpiryNoticeTable {
  readonly fingerprint: string;
  readonly days: number;
  readonly at: number;
}

export interface MonitorTable {
  readonly name: string;
  /** That `next_at` was made of. */
  readonly schedule: string;
  readonly next_at: number;
  /** Null where nobody runs it. */
  readonly owner: string | null;
  readonly lease_until: number | null;
  /** JSON of `MonitorMemory`. */
  readonly memory: string;
}

export interface MonitorRunTable {
  readonly id: Generated<number>;
  readonly name: string;
  readonly started_at: number;
  readonly finished_at: number;
  readonly state: string;
  readonly total: number | null;
  /** JSON of `RunItem`s. */
  readonly items: string;
}

/** Full results: the newest ones, and longer those in which something changed. */
export interface MonitorResultTable {
  readonly id: string;
  readonly run_id: number;
  readonly name: string;
  readonly target: string;
  readonly at: number;
  /** 1: the next one is compared with it. */
  readonly told: number;
  readonly notable: number;
  /** JSON of `tlsreach.probe/1`. */
  readonly result: string;
}

/** Notices on their way. */
export interface MonitorPostingTable {
  readonly id: Generated<number>;
  readonly channel: string;
  readonly address: string;
  /** JSON. */
  readonly notice: string;
  readonly created_at: number;
  readonly attempts: number;
  /** Null: sent, or given up. */
  readonly due_at: number | null;
  readonly owner: string | null;
  readonly lease_until: number | null;
  readonly outcome: string | null;
}
