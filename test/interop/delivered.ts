/**
 * What really became of mail in the rig: our own word from `tlsreach deliver`, the mailboxes of the real Postfix, and its
 * log.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PredictedOutcome, Prediction, ProbeResult } from '../../src/probe/result.ts';
import type { DeliveryResult } from '../../src/report/delivery.ts';
import { EXIM_MAILBOX, MAILBOXES } from './mail-servers.ts';
import { type Ran, tlsreach, worldOf } from './our-word.ts';
import { eventually, type Rig } from './rig.ts';

/** Settles the order among equal MX hosts, for probe and delivery alike. */
const SEED = '7';

export interface Delivered extends Ran {
  readonly result: DeliveryResult;
}

/** The resolver's word on DNSSEC is taken: the rig's root signs nothing. */
export const BELIEVED = '?trust-ad';

export async function deliver(rig: Rig, words: readonly string[], message: string): Promise<Delivered> {
  const world = worldOf(rig, BELIEVED);
  const ran = await tlsreach(['deliver', ...world, '--seed', SEED, '--json', ...words, message]);
  try {
    return { ...ran, result: JSON.parse(ran.stdout) as DeliveryResult };
  } catch {
    throw new Error(`deliver exited ${ran.exitCode} without a result: ${ran.stdout}${ran.stderr}`);
  }
}

/** The order among equals that deliveries here have. */
export const SAME_ORDER = ['--seed', SEED] as const;

/** One probe of each, by target. */
export async function probeAll(
  rig: Rig,
  targets: readonly string[],
  words: readonly string[] = [],
): Promise<ReadonlyMap<string, ProbeResult>> {
  const list = join(rig.folder, 'targets');
  writeFileSync(list, targets.map((target) => `${target}\n`).join(''));
  const ran = await tlsreach([
    ...['probe', ...worldOf(rig, BELIEVED)],
    ...words,
    '--format',
    'ndjson',
    '--input',
    list,
  ]);
  const results = ran.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ProbeResult);
  return new Map(results.map((result) => [result.target, result]));
}

/** What a prediction allows: what it says, or one of the outcomes it names beside. */
export function allowedBy({ channel, host, verified, outcomes }: Prediction): readonly PredictedOutcome[] {
  return [{ channel, host, verified }, ...outcomes];
}

/** The mail of a mailbox of the real Postfix with this text in it, as it lies on the disk, once it is there. */
export function mailIn(rig: Rig, localPart: string, having: string): Promise<string> {
  return mailBelow(join(rig.folder, 'postfix', MAILBOXES, localPart, 'new'), having);
}

/** The same of `kept@exim.test`. */
export function mailAtExim(rig: Rig, having: string): Promise<string> {
  return mailBelow(join(rig.folder, 'exim', EXIM_MAILBOX, 'new'), having);
}

async function mailBelow(folder: string, having: string): Promise<string> {
  let found: string | undefined;
  await eventually(`${folder} has a message with ${having}`, async () => {
    found = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'latin1'))
      .find((text) => text.includes(having));
    return found !== undefined;
  });
  return found ?? '';
}

export interface Kept {
  /** What the servers put on top. */
  readonly added: string;
  /** What was sent. */
  readonly sent: Buffer;
}

/** A mail as it lies in a Maildir, below what the last server added: Return-Path, its own fields, and its Received. */
export function withoutTrace(mail: string): Kept {
  const fields = /^(?:(?:Return-Path|X-Original-To|Delivered-To|Received):[^\n]*\n(?:[ \t][^\n]*\n)*)+/.exec(mail);
  const added = fields?.[0] ?? '';
  return { added, sent: Buffer.from(mail.slice(added.length), 'latin1') };
}

export function postfixLog(rig: Rig): string {
  return readFileSync(join(rig.folder, 'postfix', 'postfix.log'), 'utf8');
}
