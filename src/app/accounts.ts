/**
 * Signing in: users with passwords, sessions, bearer tokens, and the log of who did what. Sessions live as long as the
 * process; of a token or a session only the digest is kept.
 */
import type { Clock } from '../base/clock.ts';
import { failed, type Outcome, succeeded } from '../base/outcome.ts';
import { printable } from '../base/printable.ts';
import type { Random } from '../base/random.ts';
import type { AccessToken, AccountStore, AuditEntry, Role, Scope, UserAccount } from '../config/account-store.ts';
import { createAllowance } from './allowance.ts';
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

export type SignInFault = { readonly kind: 'wrong' } | { readonly kind: 'too-many'; readonly retryAfterMs: number };
export type PasswordFault = { readonly kind: 'wrong' } | { readonly kind: 'too-short' } | { readonly kind: 'same' };

export interface Accounts {
  /** Makes the first admin where there is nobody; answers with the one-time password, or null. */
  begin(): Promise<string | null>;
  /** Opens a session: the secret of its cookie. `from` is counted against guessing. */
  signIn(name: string, password: string, from: string): Promise<Outcome<string, SignInFault>>;
  session(secret: string): Session | null;
  signOut(secret: string): void;
  /** Newest first. */
  sessionsOf(name: string, secret: string): readonly OpenSession[];
  /** Ends every session of this user. */
  signOutEverywhere(name: string): Promise<void>;
  /** Ends every session of the user but the one of `secret`. */
  changePassword(
    user: UserAccount,
    old: string,
    chosen: string,
    secret?: string,
  ): Promise<Outcome<UserAccount, PasswordFault>>;
  users(): Promise<readonly UserAccount[]>;
  /** A new user, or a new one-time password and role for an old one; answers with the password. */
  grant(by: string, name: string, role: Role): Promise<Outcome<string, { readonly kind: 'bad-name' }>>;
  removeUser(by: string, name: string): Promise<void>;
  tokens(): Promise<readonly AccessToken[]>;
  /** The token itself, shown this once. */
  createToken(by: string, title: string, scopes: readonly Scope[]): Promise<string>;
  removeToken(by: string, id: string): Promise<void>;
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
const MAX_SESSIONS = 10_000;
/** Guesses for one name or from one client: a few at once, then one in so many ms. */
const GUESSES = { burst: 5, everyMs: 20_000 };
const NAME = /^[a-z][a-z0-9._-]{0,31}$/;

interface Open {
  readonly name: string;
  readonly csrf: string;
  readonly since: number;
  readonly from: string;
  used: number;
}

export interface AccountOptions {
  readonly store: AccountStore;
  readonly clock: Clock;
  readonly random: Random;
}

export async function createAccounts({ store, clock, random }: AccountOptions): Promise<Accounts> {
  const sessions = new Map<string, Open>();
  const users = new Map((await store.users()).map((user) => [user.name, user]));
  const tokens = new Map((await store.tokens()).map((token) => [token.digest, token]));
  const guesses = createAllowance({ clock, ...GUESSES });
  const record = (who: string, what: string, detail: string): Promise<void> =>
    store.record({ at: clock.now(), who: printable(who, 80), what, detail: printable(detail, 300) });
  const save = async (user: UserAccount): Promise<void> => {
    await store.saveUser(user);
    users.set(user.name, user);
  };
  const tokensUsed = new Map<string, number>();
  const endSessionsOf = (name: string, but: string | null = null): void => {
    for (const [digest, open] of sessions) if (open.name === name && digest !== but) sessions.delete(digest);
  };
  const isOver = (open: Open): boolean => {
    const now = clock.now();
    return now - open.used > IDLE_MS || now - open.since > SESSION_MS;
  };
  const grant: Accounts['grant'] = async (by, typed, role) => {
    const name = typed.trim().toLowerCase();
    if (!NAME.test(name)) return failed({ kind: 'bad-name' });
    const password = unguessable(random, 20);
    const passwordHash = await hashPassword(password, random);
    const createdAt = users.get(name)?.createdAt ?? clock.now();
    await save({ name, role, passwordHash, mustChange: true, createdAt });
    endSessionsOf(name);
    await record(by, 'user.granted', `${name} as ${role}`);
    return succeeded(password);
  };
  return {
    begin: async () => {
      if (users.size > 0) return null;
      const made = await grant('system', 'admin', 'admin');
      return made.ok ? made.value : null;
    },
    signIn: async (typed, password, from) => {
      const name = typed.trim().toLowerCase().slice(0, 64);
      const wait = guesses.take(`name ${name}`) ?? guesses.take(`from ${from}`);
      if (wait !== null) return failed({ kind: 'too-many', retryAfterMs: wait });
      const user = users.get(name);
      const right = await passwordMatches(password.slice(0, MAX_PASSWORD), user?.passwordHash ?? 'none');
      if (user === undefined || !right) {
        await record(name, 'sign-in.failed', `from ${from}`);
        return failed({ kind: 'wrong' });
      }
      const secret = unguessable(random, 40);
      const now = clock.now();
      sessions.set(digestOf(secret), { name, csrf: unguessable(random, 32), since: now, used: now, from });
      for (const oldest of sessions.keys()) {
        if (sessions.size <= MAX_SESSIONS) break;
        sessions.delete(oldest);
      }
      await record(name, 'sign-in', `from ${from}`);
      return succeeded(secret);
    },
    session: (secret) => {
      const digest = digestOf(secret);
      const open = sessions.get(digest);
      if (open === undefined) return null;
      const user = users.get(open.name);
      if (user === undefined || isOver(open)) {
        sessions.delete(digest);
        return null;
      }
      open.used = clock.now();
      return { user, csrf: open.csrf, endsAt: open.since + SESSION_MS };
    },
    signOut: (secret) => void sessions.delete(digestOf(secret)),
    sessionsOf: (name, secret) => {
      const mine = digestOf(secret);
      return [...sessions]
        .filter(([, open]) => open.name === name && !isOver(open))
        .map(([digest, { since, used, from }]) => ({ since, used, from, current: digest === mine }))
        .toReversed();
    },
    signOutEverywhere: async (name) => {
      endSessionsOf(name);
      await record(name, 'sign-out.everywhere', name);
    },
    changePassword: async (user, old, chosen, secret) => {
      if (!(await passwordMatches(old, user.passwordHash))) return failed({ kind: 'wrong' });
      if (chosen.length < MIN_PASSWORD) return failed({ kind: 'too-short' });
      if (chosen === old) return failed({ kind: 'same' });
      const changed = { ...user, passwordHash: await hashPassword(chosen, random), mustChange: false };
      await save(changed);
      if (secret !== undefined) endSessionsOf(user.name, digestOf(secret));
      await record(user.name, 'password.changed', user.name);
      return succeeded(changed);
    },
    users: async () => [...users.values()],
    grant,
    removeUser: async (by, name) => {
      await store.deleteUser(name);
      users.delete(name);
      endSessionsOf(name);
      for (const [digest, token] of tokens) if (token.owner === name) tokens.delete(digest);
      await record(by, 'user.removed', name);
    },
    tokens: async () => [...tokens.values()],
    createToken: async (by, title, scopes) => {
      const token = `tlsr_${unguessable(random, 40)}`;
      const kept = {
        id: unguessable(random, 12),
        title: printable(title, MAX_TITLE),
        digest: digestOf(token),
        scopes,
        owner: by,
        createdAt: clock.now(),
      };
      await store.saveToken(kept);
      tokens.set(kept.digest, kept);
      await record(by, 'token.created', `${kept.title} for ${scopes.join(', ')}`);
      return token;
    },
    removeToken: async (by, id) => {
      await store.deleteToken(id);
      for (const [digest, token] of tokens) if (token.id === id) tokens.delete(digest);
      tokensUsed.delete(id);
      await record(by, 'token.removed', id);
    },
    bearer: async (token) => {
      const known = tokens.get(digestOf(token)) ?? null;
      if (known !== null) tokensUsed.set(known.id, clock.now());
      return known;
    },
    tokenUsedAt: (id) => tokensUsed.get(id) ?? null,
    record,
    audit: (limit) => store.audit(limit),
  };
}
