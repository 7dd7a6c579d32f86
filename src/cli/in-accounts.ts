/** What `tlsreach user` and `tlsreach token` do around their own work: open the accounts, close them, say what hinders. */
import type { Accounts } from '../app/accounts.ts';
import type { World } from '../app/world.ts';
import { printable } from '../base/printable.ts';
import { StoreTrouble } from '../store/trouble.ts';
import { placeOf, storeTroubleText } from './config-session.ts';
import type { GivenOptions } from './given-options.ts';
import type { Services } from './services.ts';
import { choiceOf } from './world-options.ts';

export interface AccountCommand {
  readonly words: readonly string[];
  readonly given: GivenOptions;
  readonly world: World;
  readonly services: Services;
}

/** Exit 1 where the accounts cannot be used: nothing was done, and trying again later may help; 2 where their place is none. */
export async function inAccounts(
  { given, world, services }: AccountCommand,
  work: (accounts: Accounts) => Promise<number>,
): Promise<number> {
  try {
    const { accounts, close } = await services.openAccounts(placeOf(given, world.env));
    try {
      return await work(accounts);
    } finally {
      await close();
    }
  } catch (error) {
    if (!(error instanceof StoreTrouble)) throw error;
    await tell(world, printable(storeTroubleText(error), 500));
    return error.kind === 'no-place' ? 2 : 1;
  }
}

/** A line for people beside the result. */
export async function tell(world: World, text: string): Promise<void> {
  await world.stderr.write(`tlsreach: ${text}\n`);
}

/** Says why nothing was done: exit 1. */
export async function refuse(world: World, why: string): Promise<number> {
  await tell(world, why);
  return 1;
}

export function isJson(given: GivenOptions): boolean {
  return choiceOf(given, 'format', ['text', 'json']) === 'json';
}

/** Names are compared in lower case. */
export function nameOf(text: string): string {
  return text.trim().toLowerCase();
}

/** Who did it, for the audit log: no name of a user has brackets, so that nobody there is taken for this one. */
export function actorOf({ env }: World): string {
  const person = printable(env['USER'] ?? env['LOGNAME'] ?? '', 60);
  return person === '' ? 'system' : `system (${person})`;
}

/** `2026-11-28 10:00 UTC`. */
export function showTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Columns as wide as their widest cell. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
