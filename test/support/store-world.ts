/** What tests of the stores need: messages to take in, facts to report, and a SQLite file in a folder that goes away. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '../../src/app/world.ts';
import type {
  AttemptFacts,
  ClaimedMessage,
  ClaimRequest,
  NewMessage,
  RecipientReport,
} from '../../src/delivery/queue-store.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { NO_OPTIONS } from './options.ts';

/** Opens the same database again and again, each time over a connection of its own. */
export type OpenDatabase = () => Promise<Database>;

/** A new, empty database for one test. */
export type NewDatabase = (context: TestContext) => Promise<OpenDatabase>;

export function newFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tlsreach-store-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What a test opened is closed before its folder goes. */
export const newFile: NewDatabase = async (context) => {
  const path = join(newFolder(context), 'data', 'queue.db');
  return openerOf(context, () => openDatabase({ kind: 'file', path }, { clock: systemClock }));
};

export function openerOf(context: TestContext, open: OpenDatabase): OpenDatabase {
  const opened: Database[] = [];
  context.after(async () => {
    await Promise.all(opened.map((database) => database.close()));
  });
  return async () => {
    const database = await open();
    opened.push(database);
    return database;
  };
}

export const START = Date.UTC(2026, 10, 23);

/** To these addresses, with what the test says otherwise. */
export function messageTo(addresses: readonly string[], told: Partial<NewMessage> = {}): NewMessage {
  return {
    sender: 'sender@origin.example',
    options: NO_OPTIONS,
    recipients: addresses.map((address) => ({
      address,
      destination: address.slice(address.indexOf('@') + 1),
      notify: null,
      orcpt: null,
    })),
    bytes: Buffer.from('Subject: hello\r\n\r\nhello\r\n'),
    origin: 'api',
    messageId: '<1@origin.example>',
    subject: 'hello',
    gateway: null,
    idempotencyKey: null,
    ...told,
  };
}

export function claimOf(destination: string, told: Partial<ClaimRequest> = {}): ClaimRequest {
  return { destination, most: 100, mostRecipients: 1_000, owner: 'a', now: START, leaseMs: 60_000, ...told };
}

export const FACTS: AttemptFacts = {
  at: START,
  dcid: 7,
  channel: 'encrypted',
  verified: true,
  host: 'mx.example',
  address: '192.0.2.1',
  status: '2.0.0',
  reply: '250 2.0.0 ok',
  reason: '',
};

/** The same outcome for every recipient of a claimed message. */
export function reportsOf(
  claimed: ClaimedMessage | undefined,
  outcome: RecipientReport['outcome'],
  facts: AttemptFacts = FACTS,
): readonly RecipientReport[] {
  if (claimed === undefined) throw new Error('nothing was claimed');
  const { mid, attemptId, recipients } = claimed;
  return recipients.map(({ rid }) => ({ mid, rid, attemptId, outcome, facts }));
}

export function deferredUntil(nextAttemptAt: number, told: { uncounted?: boolean; warned?: boolean } = {}) {
  return { kind: 'deferred' as const, nextAttemptAt, uncounted: false, warned: false, ...told };
}
