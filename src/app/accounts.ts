/**
 * Signing in: users with passwords, sessions, bearer tokens, and the log of who did what. All of it stands in the store, so
 * that it outlives the process and holds for every process of an installation; of a token or a session only the digest is
 * kept. What was read is believed for `BELIEVED_MS`: that long another process may still know a session, a user or a token
 * that is gone. What this process itself ends is over at once.
 */
import type { Clock } from '../base/clock.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import type { Random } from '../base/random.ts';
import {
  type AccessToken,
  type AccountStore,
  type AuditEntry,
  type Role,
  type Scope,
  type SessionRecord,
  SIGN_IN,
  type UserAccount,
  type UserChange,
} from '../config/account-store.ts';
import { createGuesses } from './guesses.ts';
import { remembered } from './remembered.ts';
import { digestOf, hashPassword, passwordMatches, unguessable } from './secrets.ts';

export interface Session {
  readonly user: UserAccount;
  /** Stands in every form of the session (CSRF). */
  readonly csrf: string;
  /** When it is over, however much it is used. */
  readonly endsAt: number;
}

/** Where somebody is signed in. */
export interface OpenSession {
  readonly since: number;
  readonly used: number;
  /** The address of the browser when it signed in. */
  readonly from: string;
  /** It is the one of this secret. */
  readonly current: boolean;
}

export interface IssuedToken {
  readonly kept: AccessToken;
  /** Shown this once. */
  readonly token: string;
}

export type SignInFault = { readonly kind: 'wrong' } | { readonly kind: 'too-many'; readonly retryAfterMs: number };
export type PasswordFault =
  | { readonly kind: 'too-many'; readonly retryAfterMs: number }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'too-short' }
  | { readonly kind: 'same' };

export interface Accounts {
  /** Makes the first admin where there is nobody; answers with the one-time password, or null. */
  begin(): Promise<string | null>;
  /** Opens a session: the secret of its cookie. `client`, by itself the address `from`, is counted against guessing. */
  signIn(name: string, password: string, from: string, client?: string): Promise<Outcome<string, SignInFault>>;
  /** Rejects with `StoreTrouble`, as all of these do, where the store cannot say. */
  session(secret: string): Promise<Session | null>;
  signOut(secret: string): Promise<void>;
  /** Newest first. */
  sessionsOf(name: string, secret: string): Promise<readonly OpenSession[]>;
  /** Ends every session of this user. */
  signOutEverywhere(name: string): Promise<void>;
  /** Ends every session of the user but the one with the secret `keep`. */
  changePassword(
    user: UserAccount,
    old: string,
    chosen: string,
    keep?: string,
  ): Promise<Outcome<UserAccount, PasswordFault>>;
  users(): Promise<readonly UserAccount[]>;
  /** A new user, or a new one-time password and role for an old one; answers with the password. The last admin stays one. */
  grant(by: string, name: string, role: Role): Promise<Outcome<string, { readonly kind: 'bad-name' | 'last-admin' }>>;
  /** A new user alone, with a one-time password: the answer. */
  addUser(
    by: string,
    name: string,
    role: Role,
  ): Promise<Outcome<string, { readonly kind: 'bad-name' } | { readonly kind: 'taken' }>>;
  /** A new one-time password for an old user, whose sessions end; null where there is none. */
  renewPassword(by: string, name: string): Promise<string | null>;
  /** Sessions and password stay. */
  setRole(by: string, name: string, role: Role): Promise<UserChange>;
  /** With sessions and tokens; the last admin stays. */
  removeUser(by: string, name: string): Promise<UserChange>;
  /** When each signed in last, by name. */
  lastSignIns(): Promise<ReadonlyMap<string, number>>;
  tokens(): Promise<readonly AccessToken[]>;
  /** The token itself, shown this once. */
  createToken(by: string, title: string, scopes: readonly Scope[]): Promise<string>;
  /** A token of somebody who may have one: an operator or an admin. */
  issueToken(
    by: string,
    owner: string,
    title: string,
    scopes: readonly Scope[],
  ): Promise<Outcome<IssuedToken, { readonly kind: 'unknown' } | { readonly kind: 'viewer' }>>;
  /** Tells whether there was one. */
  removeToken(by: string, id: string): Promise<boolean>;
  bearer(token: string): Promise<AccessToken | null>;
  /** When the token was last shown, as far as this process knows; null: not since it started. */
  tokenUsedAt(id: string): number | null;
  record(who: string, what: string, detail: string): Promise<void>;
  audit(limit: number): Promise<readonly AuditEntry[]>;
}

export const MIN_PASSWORD = 12;
export const MAX_PASSWORD = 256;
export const MAX_TITLE = 80;
/** A session that nobody used for so long is over, ms; it never lives longer than `SESSION_MS`. */
export const IDLE_MS = 2 * 3_600_000;
export const SESSION_MS = 12 * 3_600_000;
/** Sessions of one user; the newest stay. */
export const MAX_SESSIONS = 50;
/** How long it may take until one process knows what another one ended, ms. */
export const BELIEVED_MS = 2_000;
/** How exactly it is written down when a session was last used, ms. */
const SEEN_MS = 60_000;
/** Sessions looked up a moment ago. */
const MAX_BELIEVED = 10_000;
/** Of a password that was given, five bits each. */
const PASSWORD_LETTERS = 20;
const NAME = /^[a-z][a-z0-9._-]{0,31}$/;

interface Believed {
  readonly session: SessionRecord;
  readonly csrf: string;
  /** Monotonic. */
  readonly since: number;
  /** Wall-clock ms, later than what the store says by `SEEN_MS` at most. */
  used: number;
}

export interface AccountOptions {
  readonly store: AccountStore;
  readonly clock: Clock;
  readonly random: Random;
}

export async function createAccounts({ store, clock, random }: AccountOptions): Promise<Accounts> {
  const believed = new Map<string, Believed>();
  const users = remembered({
    clock,
    forMs: BELIEVED_MS,
    load: async () => new Map((await store.users()).map((user) => [user.name, user])),
  });
  const tokens = remembered({
    clock,
    forMs: BELIEVED_MS,
    load: async () => new Map((await store.tokens()).map((token) => [token.digest, token])),
  });
  const tokensUsed = new Map<string, number>();
  const guesses = createGuesses(clock);
  const record = (who: string, what: string, detail: string): Promise<void> =>
    store.record({ at: clock.now(), who: printable(who, 80), what, detail: printable(detail, 300) });
  const forgetSessionsOf = (name: string): void => {
    for (const [digest, { session }] of believed) if (session.name === name) believed.delete(digest);
  };
  const newToken = (owner: string, title: string, scopes: readonly Scope[]): IssuedToken => {
    const token = `tlsr_${unguessable(random, 40)}`;
    const kept = {
      id: unguessable(random, 12),
      title: printable(title, MAX_TITLE),
      digest: digestOf(token),
      scopes,
      owner,
      createdAt: clock.now(),
    };
    return { kept, token };
  };
  const given = async (name: string, role: Role) => {
    const password = unguessable(random, PASSWORD_LETTERS);
    const passwordHash = await hashPassword(password, random);
    const createdAt = (await users.read()).get(name)?.createdAt ?? clock.now();
    return { password, user: { name, role, passwordHash, mustChange: true, createdAt } };
  };
  /** As the store knows it, or as it did a moment ago. */
  const lookUp = async (digest: string): Promise<Believed | null> => {
    const known = believed.get(digest);
    const now = clock.monotonic();
    if (known !== undefined && now - known.since < BELIEVED_MS) return known;
    const session = await store.session(digest);
    believed.delete(digest);
    if (session === null) return null;
    const used = Math.max(session.lastSeen, known?.used ?? 0);
    const found = { session, csrf: csrfOf(digest), since: now, used };
    believed.set(digest, found);
    for (const oldest of believed.keys()) {
      if (believed.size <= MAX_BELIEVED) break;
      believed.delete(oldest);
    }
    return found;
  };
  const addUser: Accounts['addUser'] = async (by, typed, role) => {
    const name = typed.trim().toLowerCase();
    if (!NAME.test(name)) return failed({ kind: 'bad-name' });
    const { password, user } = await given(name, role);
    const added = await store.saveNewUser(user);
    users.forget();
    if (!added) return failed({ kind: 'taken' });
    await record(by, 'user.granted', `${name} as ${role}`);
    return succeeded(password);
  };
  const renewPassword: Accounts['renewPassword'] = async (by, name) => {
    const password = unguessable(random, PASSWORD_LETTERS);
    const done = await store.givePassword(name, await hashPassword(password, random));
    users.forget();
    forgetSessionsOf(name);
    if (!done) return null;
    await record(by, 'password.given', name);
    return password;
  };
  const setRole: Accounts['setRole'] = async (by, name, role) => {
    const done = await store.setRole(name, role);
    users.forget();
    if (done === 'done') await record(by, 'role.changed', `${name} is ${role}`);
    return done;
  };
  const grant: Accounts['grant'] = async (by, typed, role) => {
    const name = typed.trim().toLowerCase();
    for (;;) {
      const added = await addUser(by, name, role);
      if (added.ok) return added;
      if (added.failure.kind === 'bad-name') return failed({ kind: 'bad-name' });
      if ((await setRole(by, name, role)) === 'last-admin') return failed({ kind: 'last-admin' });
      const password = await renewPassword(by, name);
      // Null where somebody took the user away meanwhile: then it is a new one.
      if (password !== null) return succeeded(password);
    }
  };
  return {
    begin: async () => {
      if ((await users.read()).size > 0) return null;
      const { password, user } = await given('admin', 'admin');
      // Where several start at once, one of them does.
      const first = await store.saveFirstUser(user);
      users.forget();
      if (!first) return null;
      await record('system', 'user.granted', 'admin as admin');
      return password;
    },
    signIn: async (typed, password, from, client = from) => {
      const name = typed.trim().toLowerCase().slice(0, 64);
      const wait = guesses.signIn(name, client);
      if (wait !== null) return failed({ kind: 'too-many', retryAfterMs: wait });
      const user = (await users.read()).get(name);
      const hash = user?.passwordHash ?? 'none';
      const right = await passwordMatches(password.slice(0, MAX_PASSWORD), hash);
      const secret = unguessable(random, 40);
      const now = clock.now();
      const session = {
        digest: digestOf(secret),
        name,
        from,
        createdAt: now,
        lastSeen: now,
        expiresAt: now + SESSION_MS,
      };
      // The password may have been changed while it was looked at.
      if (user === undefined || !right || !(await store.openSession(session, hash, MAX_SESSIONS))) {
        users.forget();
        await record(name, 'sign-in.failed', `from ${from}`);
        return failed({ kind: 'wrong' });
      }
      guesses.signedIn(name, client);
      await record(name, SIGN_IN, `from ${from}`);
      return succeeded(secret);
    },
    session: async (secret) => {
      const digest = digestOf(secret);
      const open = await lookUp(digest);
      if (open === null) return null;
      const now = clock.now();
      const { name, expiresAt, lastSeen } = open.session;
      const user = (await users.read()).get(name);
      if (user === undefined || now - open.used > IDLE_MS || now >= expiresAt) {
        believed.delete(digest);
        return null;
      }
      if (now - Math.max(lastSeen, open.used) > SEEN_MS) {
        // A store that takes nothing now does not keep anybody out.
        await store.seen(digest, now).catch(() => {});
        open.used = now;
      }
      return { user, csrf: open.csrf, endsAt: expiresAt };
    },
    signOut: async (secret) => {
      const digest = digestOf(secret);
      await store.endSession(digest);
      believed.delete(digest);
    },
    sessionsOf: async (name, secret) => {
      const now = clock.now();
      const mine = digestOf(secret);
      const open = await store.sessionsOf(name);
      return open
        .map((session) => ({
          ...session,
          lastSeen: Math.max(session.lastSeen, believed.get(session.digest)?.used ?? 0),
        }))
        .filter(({ lastSeen, expiresAt }) => now - lastSeen <= IDLE_MS && now < expiresAt)
        .map(({ digest, createdAt, lastSeen, from }) => ({
          since: createdAt,
          used: lastSeen,
          from,
          current: digest === mine,
        }));
    },
    signOutEverywhere: async (name) => {
      await store.endSessionsOf(name);
      forgetSessionsOf(name);
      await record(name, 'sign-out.everywhere', name);
    },
    changePassword: async (user, old, chosen, keep) => {
      const wait = guesses.oldPassword(user.name);
      if (wait !== null) return failed({ kind: 'too-many', retryAfterMs: wait });
      if (!(await passwordMatches(old, user.passwordHash))) return failed({ kind: 'wrong' });
      if (chosen.length < MIN_PASSWORD) return failed({ kind: 'too-short' });
      if (chosen === old) return failed({ kind: 'same' });
      const changed = { ...user, passwordHash: await hashPassword(chosen, random), mustChange: false };
      const kept = keep === undefined ? null : digestOf(keep);
      const done = await store.changePassword(user.name, user.passwordHash, changed.passwordHash, kept);
      users.forget();
      forgetSessionsOf(user.name);
      // Somebody else changed it meanwhile, or took the user away.
      if (!done) return failed({ kind: 'wrong' });
      await record(user.name, 'password.changed', user.name);
      return succeeded(changed);
    },
    users: async () => [...(await users.read()).values()],
    grant,
    addUser,
    renewPassword,
    setRole,
    removeUser: async (by, name) => {
      const done = await store.deleteUser(name);
      users.forget();
      tokens.forget();
      if (done === 'last-admin') return done;
      forgetSessionsOf(name);
      if (done === 'done') await record(by, 'user.removed', name);
      return done;
    },
    lastSignIns: () => store.lastSignIns(),
    tokens: async () => [...(await tokens.read()).values()],
    createToken: async (by, title, scopes) => {
      const made = newToken(by, title, scopes);
      // Whose account went away meanwhile gets a token that opens nothing.
      if (!(await store.saveToken(made.kept))) return made.token;
      tokens.forget();
      await record(by, 'token.created', `${made.kept.title} for ${scopes.join(', ')}`);
      return made.token;
    },
    issueToken: async (by, owner, title, scopes) => {
      const user = (await users.read()).get(owner);
      if (user?.role === 'viewer') return failed({ kind: 'viewer' });
      const made = newToken(owner, title, scopes);
      if (user === undefined || !(await store.saveToken(made.kept))) return failed({ kind: 'unknown' });
      tokens.forget();
      await record(by, 'token.created', `${made.kept.title} of ${owner} for ${scopes.join(', ')}`);
      return succeeded(made);
    },
    removeToken: async (by, id) => {
      const gone = await store.deleteToken(id);
      tokens.forget();
      tokensUsed.delete(id);
      if (gone) await record(by, 'token.removed', id);
      return gone;
    },
    bearer: async (token) => {
      const known = (await tokens.read()).get(digestOf(token)) ?? null;
      if (known !== null) tokensUsed.set(known.id, clock.now());
      return known;
    },
    tokenUsedAt: (id) => tokensUsed.get(id) ?? null,
    record,
    audit: (limit) => store.audit(limit),
  };
}

/** Stands in every form of a session; who knows it still does not know the secret. */
function csrfOf(digest: string): string {
  return digestOf(`form of ${digest}`);
}
