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

export interface AuditEntry {
  readonly at: number;
  readonly who: string;
  /** `user.created`, `sign-in.failed`, … */
  readonly what: string;
  readonly detail: string;
}

export interface AccountStore {
  users(): Promise<readonly UserAccount[]>;
  /** Replaces the one of that name. */
  saveUser(user: UserAccount): Promise<void>;
  deleteUser(name: string): Promise<void>;
  tokens(): Promise<readonly AccessToken[]>;
  saveToken(token: AccessToken): Promise<void>;
  deleteToken(id: string): Promise<void>;
  record(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  audit(limit: number): Promise<readonly AuditEntry[]>;
}

/** For a demonstration: gone with the process. */
export function memoryAccounts(): AccountStore {
  const users = new Map<string, UserAccount>();
  const tokens = new Map<string, AccessToken>();
  const entries: AuditEntry[] = [];
  return {
    users: async () => [...users.values()],
    saveUser: async (user) => void users.set(user.name, user),
    deleteUser: async (name) => void users.delete(name),
    tokens: async () => [...tokens.values()],
    saveToken: async (token) => void tokens.set(token.id, token),
    deleteToken: async (id) => void tokens.delete(id),
    record: async (entry) => {
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) entries.shift();
    },
    audit: async (limit) => entries.slice(-limit).reverse(),
  };
}

const MAX_ENTRIES = 10_000;
