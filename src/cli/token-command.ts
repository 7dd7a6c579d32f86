/**
 * `tlsreach token list|create|delete`: the bearer tokens of the API of an installation, while `serve` runs, which notices
 * within two seconds, or while it does not. A token is shown when it is made and never again. Exit 1: there is no such
 * token or owner, or the owner may have none.
 */
import { printable } from '../base/printable.ts';
import { type AccessToken, SCOPES, type Scope } from '../config/account-store.ts';
import { toJson } from '../report/json.ts';
import type { GivenOptions } from './given-options.ts';
import {
  type AccountCommand,
  actorOf,
  columns,
  inAccounts,
  isJson,
  nameOf,
  refuse,
  showTime,
  tell,
} from './in-accounts.ts';
import { UsageError } from './usage-error.ts';

/** As `MAX_TITLE` of the accounts, which are not loaded to read words. */
const MAX_TITLE = 80;

export function tokenListCommand(command: AccountCommand): Promise<number> {
  const { given, world } = command;
  const json = isJson(given);
  return inAccounts(command, async (accounts) => {
    const tokens = (await accounts.tokens()).toSorted((one, other) => one.createdAt - other.createdAt);
    if (json) await world.stdout.write(`${toJson(tokens.map(tokenJson), 2)}\n`);
    else if (tokens.length === 0) await world.stdout.write('There are no tokens.\n');
    else
      await world.stdout.write(
        columns(
          tokens.map(({ id, owner, scopes, createdAt, title }) => [
            id,
            owner,
            scopes.join(','),
            showTime(createdAt),
            printable(title, MAX_TITLE),
          ]),
        ),
      );
    return 0;
  });
}

export async function tokenCreateCommand(command: AccountCommand): Promise<number> {
  const { given, world, words } = command;
  const json = isJson(given);
  const title = (words[0] ?? '').trim();
  if (title === '' || title.length > MAX_TITLE)
    throw new UsageError(`a title of 1 to ${MAX_TITLE} characters is expected: what the token is for`);
  const scopes = scopesOf(given);
  const owner = nameOf(given.text('owner') ?? '');
  if (owner === '') throw new UsageError('--owner is missing: the user in whose name it acts');
  return inAccounts(command, async (accounts) => {
    const issued = await accounts.issueToken(actorOf(world), owner, title, scopes);
    if (!issued.ok) {
      const shown = printable(owner, 80);
      return refuse(
        world,
        issued.failure.kind === 'unknown'
          ? `there is no user ${shown}`
          : `${shown} is a viewer, who has no tokens; user role makes an operator`,
      );
    }
    const { kept, token } = issued.value;
    await world.stdout.write(json ? `${toJson({ ...tokenJson(kept), token })}\n` : `${token}\n`);
    await tell(world, `token ${kept.id} of ${owner} for ${scopes.join(', ')}; it is not shown again`);
    return 0;
  });
}

export async function tokenDeleteCommand(command: AccountCommand): Promise<number> {
  const { given, world, words } = command;
  const json = isJson(given);
  const id = words[0] ?? '';
  return inAccounts(command, async (accounts) => {
    if (!(await accounts.removeToken(actorOf(world), id)))
      return refuse(world, `there is no token ${printable(id, 80)}; token list has their ids`);
    await world.stdout.write(json ? `${toJson({ id, deleted: true })}\n` : `Deleted token ${id}.\n`);
    return 0;
  });
}

/** Nothing of the secret. */
function tokenJson({ id, title, owner, scopes, createdAt }: AccessToken): object {
  return { id, title, owner, scopes, createdAt: new Date(createdAt).toISOString() };
}

function scopesOf(given: GivenOptions): readonly Scope[] {
  const words = given.list('scope').flatMap((text) => text.split(/[\s,]+/).filter((word) => word !== ''));
  const known = words.map(
    (word) =>
      SCOPES.find((scope) => scope === word.toLowerCase()) ??
      given.refuse('scope', `choose among ${SCOPES.join(', ')}`),
  );
  if (known.length === 0) throw new UsageError(`--scope is missing: choose among ${SCOPES.join(', ')}`);
  return SCOPES.filter((scope) => known.includes(scope));
}
