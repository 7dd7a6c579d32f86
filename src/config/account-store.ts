/** Who may use an installation over the web, and what it needs of a store to remember them. Secrets are kept as digests. */

export const ROLES = ['viewer', 'operator', 'admin'] as const;
/** A viewer reads, an operator changes what the installation does, an admin also who may do what. */
export type Role = (typeof ROLES)[number];

export const SCOPES = ['probe', 'monitor', 'config', 'send'] as const;
export type Scope = (typeof SCOPES)[number];

export interface UserAccount {
  /** Lower case. */
  readonly name: string;
  readonly role: Role;
  readonly passwordHash: string;
  /** The password was given, not chosen: it opens nothing but the page that changes it. */
  readonly mustChange: boolean;
  readonly createdAt: number;
}

export interface AccessToken {
  readonly id: string;
  /** What it is for, in its owner's words. */
  readonly title: string;
  /** Of the token, which was shown once. */
  readonly digest: string;
  readonly scopes: readonly Scope[];
  readonly owner: string;
  readonly createdAt: number;
}

/** What became of a change of a user: there is nobody of that name, or no admin would be left to undo it. */
export type UserChange = 'done' | 'unknown' | 'last-admin';

export interface AuditEntry {
  readonly at: number;
  readonly who: string;
  /** `user.created`, `sign-in.failed`, … */
  readonly what: string;
  readonly detail: string;
}

/** Somebody who signed in. */
export interface SessionRecord {
  /** Of the secret in the cookie. */
  readonly digest: string;
  readonly name: string;
  /** The address of the browser when it signed in. */
  readonly from: string;
  /** Wall-clock ms, as the two that follow. */
  readonly createdAt: number;
  readonly lastSeen: number;
  readonly expiresAt: number;
}

export interface AccountStore {
  users(): Promise<readonly UserAccount[]>;
  /** Only where there is nobody at all; tells whether it was done. */
  saveFirstUser(user: UserAccount): Promise<boolean>;
  /** Only where nobody has the name; tells whether it was done. */
  saveNewUser(user: UserAccount): Promise<boolean>;
  /** Replaces the one of that name, whose sessions end. */
  saveUser(user: UserAccount): Promise<void>;
  /** Only where the user is there still, with the old hash; every session but `keep` ends. Tells whether it was done. */
  changePassword(name: string, oldHash: string, newHash: string, keep: string | null): Promise<boolean>;
  /** A password that has to be changed, for somebody who is there; every session ends. Tells whether it was done. */
  givePassword(name: string, hash: string): Promise<boolean>;
  /** Never takes the role from the last admin, however many processes do so at once. */
  setRole(name: string, role: Role): Promise<UserChange>;
  /** With sessions and tokens; never the last admin. */
  deleteUser(name: string): Promise<UserChange>;
  /**
   * Only where the user is there with this hash; tells whether it was done. Of the user's sessions the newest `most`
   * stay.
   */
  openSession(session: SessionRecord, passwordHash: string, most: number): Promise<boolean>;
  session(digest: string): Promise<SessionRecord | null>;
  /** Newest first. */
  sessionsOf(name: string): Promise<readonly SessionRecord[]>;
  seen(digest: string, at: number): Promise<void>;
  endSession(digest: string): Promise<void>;
  endSessionsOf(name: string): Promise<void>;
  /** Those that are over at `now`, or were not used since `idleSince`. */
  pruneSessions(now: number, idleSince: number): Promise<void>;
  tokens(): Promise<readonly AccessToken[]>;
  /** Only where its owner is there; tells whether it was done. */
  saveToken(token: AccessToken): Promise<boolean>;
  /** Tells whether there was one. */
  deleteToken(id: string): Promise<boolean>;
  record(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  audit(limit: number): Promise<readonly AuditEntry[]>;
  /** When each name signed in last, as far back as the audit log goes. */
  lastSignIns(): Promise<ReadonlyMap<string, number>>;
}

/** What the audit log calls it when somebody signed in. */
export const SIGN_IN = 'sign-in';

/** For a demonstration: gone with the process. */
export function memoryAccounts(): AccountStore {
  const users = new Map<string, UserAccount>();
  const tokens = new Map<string, AccessToken>();
  const entries: AuditEntry[] = [];
  const sessions = new Map<string, SessionRecord>();
  const endSessionsOf = (name: string, keep: string | null = null): void => {
    for (const session of sessions.values())
      if (session.name === name && session.digest !== keep) sessions.delete(session.digest);
  };
  const isLastAdmin = (user: UserAccount): boolean =>
    user.role === 'admin' && [...users.values()].every(({ name, role }) => name === user.name || role !== 'admin');
  return {
    users: async () => [...users.values()],
    saveFirstUser: async (user) => {
      if (users.size > 0) return false;
      users.set(user.name, user);
      return true;
    },
    saveNewUser: async (user) => {
      if (users.has(user.name)) return false;
      users.set(user.name, user);
      return true;
    },
    saveUser: async (user) => {
      users.set(user.name, user);
      endSessionsOf(user.name);
    },
    changePassword: async (name, oldHash, newHash, keep) => {
      const user = users.get(name);
      if (user?.passwordHash !== oldHash) return false;
      users.set(name, { ...user, passwordHash: newHash, mustChange: false });
      endSessionsOf(name, keep);
      return true;
    },
    givePassword: async (name, hash) => {
      const user = users.get(name);
      if (user === undefined) return false;
      users.set(name, { ...user, passwordHash: hash, mustChange: true });
      endSessionsOf(name);
      return true;
    },
    setRole: async (name, role) => {
      const user = users.get(name);
      if (user === undefined) return 'unknown';
      if (role !== 'admin' && isLastAdmin(user)) return 'last-admin';
      users.set(name, { ...user, role });
      return 'done';
    },
    deleteUser: async (name) => {
      const user = users.get(name);
      if (user === undefined) return 'unknown';
      if (isLastAdmin(user)) return 'last-admin';
      users.delete(name);
      endSessionsOf(name);
      for (const token of tokens.values()) if (token.owner === name) tokens.delete(token.id);
      return 'done';
    },
    openSession: async (session, passwordHash, most) => {
      if (users.get(session.name)?.passwordHash !== passwordHash) return false;
      sessions.set(session.digest, session);
      const own = [...sessions.values()].filter(({ name }) => name === session.name);
      for (const { digest } of own.slice(0, Math.max(0, own.length - most))) sessions.delete(digest);
      return true;
    },
    session: async (digest) => sessions.get(digest) ?? null,
    sessionsOf: async (name) => [...sessions.values()].filter((session) => session.name === name).reverse(),
    seen: async (digest, at) => {
      const session = sessions.get(digest);
      if (session !== undefined) sessions.set(digest, { ...session, lastSeen: at });
    },
    endSession: async (digest) => void sessions.delete(digest),
    endSessionsOf: async (name) => endSessionsOf(name),
    pruneSessions: async (now, idleSince) => {
      for (const { digest, expiresAt, lastSeen } of sessions.values())
        if (expiresAt <= now || lastSeen < idleSince) sessions.delete(digest);
    },
    tokens: async () => [...tokens.values()],
    saveToken: async (token) => {
      if (!users.has(token.owner)) return false;
      tokens.set(token.id, token);
      return true;
    },
    deleteToken: async (id) => tokens.delete(id),
    record: async (entry) => {
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) entries.shift();
    },
    audit: async (limit) => entries.slice(-limit).reverse(),
    lastSignIns: async () =>
      new Map(entries.filter(({ what }) => what === SIGN_IN).map(({ who, at }): [string, number] => [who, at])),
  };
}

const MAX_ENTRIES = 10_000;
