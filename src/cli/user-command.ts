/**
 * `tlsreach user list|add|role|password|delete`: who may use the web of an installation, while `serve` runs, which notices
 * within two seconds, or while it does not. A one-time password is all there is on standard output. Exit 1: there is nobody
 * of the name, the name is taken, or no admin would be left.
 */
import { printable } from '../base/printable.ts';
import { ROLES, type Role, type UserChange } from '../config/account-store.ts';
import { toJson } from '../report/json.ts';
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
import { choiceOf } from './world-options.ts';

export function userListCommand(command: AccountCommand): Promise<number> {
  const { given, world } = command;
  const json = isJson(given);
  return inAccounts(command, async (accounts) => {
    const signIns = await accounts.lastSignIns();
    const users = (await accounts.users()).map(({ name, role, mustChange, createdAt }) => {
      const last = signIns.get(name);
      // An earlier bearer of the name is somebody else.
      return { name, role, mustChange, createdAt, lastSignIn: last === undefined || last < createdAt ? null : last };
    });
    if (json) {
      const iso = (at: number): string => new Date(at).toISOString();
      const shown = users.map(({ createdAt, lastSignIn, ...user }) => ({
        ...user,
        createdAt: iso(createdAt),
        lastSignIn: lastSignIn === null ? null : iso(lastSignIn),
      }));
      await world.stdout.write(`${toJson(shown, 2)}\n`);
      return 0;
    }
    const rows = users.map(({ name, role, mustChange, lastSignIn }) => [
      name,
      role,
      lastSignIn === null ? 'never signed in' : `signed in ${showTime(lastSignIn)}`,
      mustChange ? 'must change the password' : '',
    ]);
    const nobody = 'There are no users; the first tlsreach serve makes an admin.\n';
    await world.stdout.write(rows.length === 0 ? nobody : columns(rows));
    return 0;
  });
}

export async function userAddCommand(command: AccountCommand): Promise<number> {
  const { given, world, words } = command;
  const json = isJson(given);
  const role = choiceOf(given, 'role', ROLES);
  if (role === undefined) throw new UsageError(`--role is missing: choose one of ${ROLES.join(', ')}`);
  const name = nameOf(words[0] ?? '');
  return inAccounts(command, async (accounts) => {
    const added = await accounts.addUser(actorOf(world), name, role);
    if (added.ok) {
      await showPassword(command, json, { name, role, password: added.value });
      if ((await accounts.users()).every((user) => user.role !== 'admin')) await tell(world, 'there is no admin yet');
      return 0;
    }
    if (added.failure.kind === 'taken')
      return refuse(world, `there is a user ${name}; user password gives a new password, user role another role`);
    throw new UsageError(
      `"${printable(name, 80)}" cannot be a name: it begins with a letter and has letters, digits, ".", "-" and "_", up to 32`,
    );
  });
}

export async function userRoleCommand(command: AccountCommand): Promise<number> {
  const { given, world, words } = command;
  const json = isJson(given);
  const name = nameOf(words[0] ?? '');
  const role = roleOf(words[1] ?? '');
  return inAccounts(command, async (accounts) => {
    const done = await accounts.setRole(actorOf(world), name, role);
    if (done !== 'done') return refuse(world, whyNot(done, name));
    await world.stdout.write(json ? `${toJson({ name, role })}\n` : `${name} is ${role}.\n`);
    return 0;
  });
}

export async function userPasswordCommand(command: AccountCommand): Promise<number> {
  const { given, world, words } = command;
  const json = isJson(given);
  const name = nameOf(words[0] ?? '');
  return inAccounts(command, async (accounts) => {
    const password = await accounts.renewPassword(actorOf(world), name);
    if (password === null) return refuse(world, whyNot('unknown', name));
    await showPassword(command, json, { name, password });
    return 0;
  });
}

export async function userDeleteCommand(command: AccountCommand): Promise<number> {
  const { given, world, words } = command;
  const json = isJson(given);
  const name = nameOf(words[0] ?? '');
  return inAccounts(command, async (accounts) => {
    const done = await accounts.removeUser(actorOf(world), name);
    if (done !== 'done') return refuse(world, whyNot(done, name));
    await world.stdout.write(
      json ? `${toJson({ name, deleted: true })}\n` : `Deleted ${name}, with sessions and tokens.\n`,
    );
    return 0;
  });
}

interface Shown {
  readonly name: string;
  readonly role?: Role;
  readonly password: string;
}

async function showPassword({ world }: AccountCommand, json: boolean, shown: Shown): Promise<void> {
  await world.stdout.write(json ? `${toJson(shown)}\n` : `${shown.password}\n`);
  await tell(
    world,
    `a one-time password for ${shown.name}, who chooses another when signing in; it is not shown again`,
  );
}

function roleOf(word: string): Role {
  const role = ROLES.find((each) => each === word.toLowerCase());
  if (role !== undefined) return role;
  throw new UsageError(`"${printable(word, 80)}" is no role: choose one of ${ROLES.join(', ')}`);
}

function whyNot(change: Exclude<UserChange, 'done'>, name: string): string {
  return change === 'unknown'
    ? `there is no user ${printable(name, 80)}`
    : `${name} is the last admin; make somebody else one first`;
}
