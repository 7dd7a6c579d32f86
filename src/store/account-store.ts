/** Users, their sessions, tokens and the audit log, for whoever has the database open. */
import { sql } from 'kysely';
import {
  type AccessToken,
  type AccountStore,
  type Role,
  type Scope,
  type SessionRecord,
  SIGN_IN,
  type UserAccount,
  type UserChange,
} from '../config/account-store.ts';
import type { Database, Work } from './database.ts';
import type { SessionTable } from './tables.ts';

/** Sessions of one user that a new one may push out in one go. */
const SESSIONS_AT_ONCE = 100;

export function createAccountStore(database: Database): AccountStore {
  const lock = database.kind === 'postgres';
  return {
    users: async () => {
      const rows = await database.read((kysely) => kysely.selectFrom('account').selectAll().orderBy('name').execute());
      return rows.map((row) => ({
        name: row.name,
        role: row.role as Role,
        passwordHash: row.password_hash,
        mustChange: row.must_change === 1,
        createdAt: row.created_at,
      }));
    },
    saveFirstUser: (user) =>
      database.write(async ({ trx }) => {
        const { rows } = await sql`
          insert into account (name, role, password_hash, must_change, created_at)
          select ${user.name}, ${user.role}, ${user.passwordHash}, cast(${user.mustChange ? 1 : 0} as bigint),
            cast(${user.createdAt} as bigint)
          where not exists (select 1 from account)
          on conflict (name) do nothing returning name`.execute(trx);
        return rows.length > 0;
      }),
    saveNewUser: (user) =>
      database.write(async ({ trx }) => {
        const added = await trx
          .insertInto('account')
          .values(rowOf(user))
          .onConflict((conflict) => conflict.column('name').doNothing())
          .returning('name')
          .execute();
        return added.length > 0;
      }),
    saveUser: async (user) => {
      const { name, ...fields } = rowOf(user);
      await database.write(async ({ trx }) => {
        await trx
          .insertInto('account')
          .values({ name, ...fields })
          .onConflict((conflict) => conflict.column('name').doUpdateSet(fields))
          .execute();
        await trx.deleteFrom('web_session').where('name', '=', name).execute();
      });
    },
    changePassword: (name, oldHash, newHash, keep) =>
      database.write(async ({ trx }) => {
        const changed = await trx
          .updateTable('account')
          .set({ password_hash: newHash, must_change: 0 })
          .where('name', '=', name)
          .where('password_hash', '=', oldHash)
          .returning('name')
          .execute();
        if (changed.length === 0) return false;
        await trx
          .deleteFrom('web_session')
          .where('name', '=', name)
          .$if(keep !== null, (query) => query.where('digest', '<>', keep ?? ''))
          .execute();
        return true;
      }),
    givePassword: (name, hash) =>
      database.write(async ({ trx }) => {
        const changed = await trx
          .updateTable('account')
          .set({ password_hash: hash, must_change: 1 })
          .where('name', '=', name)
          .returning('name')
          .execute();
        await trx.deleteFrom('web_session').where('name', '=', name).execute();
        return changed.length > 0;
      }),
    setRole: (name, role) =>
      database.write(async (work) => {
        const without = await stateWithout(work, lock, name);
        if (without === 'unknown' || (without === 'last-admin' && role !== 'admin')) return without;
        await work.trx.updateTable('account').set({ role }).where('name', '=', name).execute();
        return 'done';
      }),
    deleteUser: (name) =>
      database.write(async (work) => {
        const without = await stateWithout(work, lock, name);
        if (without !== 'done') return without;
        const { trx } = work;
        await trx.deleteFrom('access_token').where('owner', '=', name).execute();
        await trx.deleteFrom('account').where('name', '=', name).execute();
        await trx.deleteFrom('web_session').where('name', '=', name).execute();
        return 'done';
      }),
    openSession: ({ digest, name, from, createdAt, lastSeen, expiresAt }, passwordHash, most) =>
      database.write(async (work) => {
        if (!(await isStill(work, lock, name, passwordHash))) return false;
        const { trx } = work;
        await trx
          .insertInto('web_session')
          .values({ digest, name, origin: from, created_at: createdAt, last_seen: lastSeen, expires_at: expiresAt })
          .execute();
        const beyond = await trx
          .selectFrom('web_session')
          .select('digest')
          .where('name', '=', name)
          .where('digest', '<>', digest)
          .orderBy('created_at', 'desc')
          .limit(SESSIONS_AT_ONCE)
          .offset(most - 1)
          .execute();
        const old = beyond.map((row) => row.digest);
        if (old.length > 0) await trx.deleteFrom('web_session').where('digest', 'in', old).execute();
        return true;
      }),
    session: async (digest) => {
      const row = await database.read((kysely) =>
        kysely.selectFrom('web_session').selectAll().where('digest', '=', digest).executeTakeFirst(),
      );
      return row === undefined ? null : sessionOf(row);
    },
    sessionsOf: async (name) => {
      const rows = await database.read((kysely) =>
        kysely
          .selectFrom('web_session')
          .selectAll()
          .where('name', '=', name)
          .orderBy('created_at', 'desc')
          .limit(SESSIONS_AT_ONCE)
          .execute(),
      );
      return rows.map(sessionOf);
    },
    seen: async (digest, at) => {
      await database.write(({ trx }) =>
        trx.updateTable('web_session').set({ last_seen: at }).where('digest', '=', digest).execute(),
      );
    },
    endSession: async (digest) => {
      await database.write(({ trx }) => trx.deleteFrom('web_session').where('digest', '=', digest).execute());
    },
    endSessionsOf: async (name) => {
      await database.write(({ trx }) => trx.deleteFrom('web_session').where('name', '=', name).execute());
    },
    pruneSessions: async (now, idleSince) => {
      await database.write(({ trx }) =>
        trx
          .deleteFrom('web_session')
          .where((eb) => eb.or([eb('expires_at', '<=', now), eb('last_seen', '<', idleSince)]))
          .execute(),
      );
    },
    tokens: async () => {
      const rows = await database.read((kysely) => kysely.selectFrom('access_token').selectAll().execute());
      return rows.map(
        ({ scopes, created_at, ...row }): AccessToken => ({
          ...row,
          scopes: scopes.split(' ') as Scope[],
          createdAt: created_at,
        }),
      );
    },
    saveToken: ({ scopes, createdAt, ...token }) =>
      database.write(async ({ trx }) => {
        const owner = await trx
          .selectFrom('account')
          .select('name')
          .where('name', '=', token.owner)
          .$if(lock, (query) => query.forUpdate())
          .executeTakeFirst();
        if (owner === undefined) return false;
        const row = { ...token, scopes: scopes.join(' '), created_at: createdAt };
        await trx.insertInto('access_token').values(row).execute();
        return true;
      }),
    deleteToken: (id) =>
      database.write(async ({ trx }) => {
        const gone = await trx.deleteFrom('access_token').where('id', '=', id).returning('id').execute();
        return gone.length > 0;
      }),
    record: async (entry) => {
      await database.write(({ trx }) => trx.insertInto('audit').values(entry).execute());
    },
    audit: (limit) =>
      database.read((kysely) =>
        kysely.selectFrom('audit').select(['at', 'who', 'what', 'detail']).orderBy('id', 'desc').limit(limit).execute(),
      ),
    lastSignIns: async () => {
      const rows = await database.read((kysely) =>
        kysely
          .selectFrom('audit')
          .select(({ fn }) => ['who', fn.max('at').as('last')])
          .where('what', '=', SIGN_IN)
          .groupBy('who')
          .execute(),
      );
      return new Map(rows.map(({ who, last }) => [who, Number(last)]));
    },
  };
}

function rowOf({ name, role, passwordHash, mustChange, createdAt }: UserAccount) {
  return { name, role, password_hash: passwordHash, must_change: mustChange ? 1 : 0, created_at: createdAt };
}

/** The user is there with this password, and stays so until the change is committed. */
async function isStill({ trx }: Work, lock: boolean, name: string, passwordHash: string): Promise<boolean> {
  const row = await trx
    .selectFrom('account')
    .select('name')
    .where('name', '=', name)
    .where('password_hash', '=', passwordHash)
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether this user may lose role or account; nobody else becomes or leaves an admin until the change is committed. */
async function stateWithout({ trx }: Work, lock: boolean, name: string): Promise<UserChange> {
  const rows = await trx
    .selectFrom('account')
    .select(['name', 'role'])
    .where((eb) => eb.or([eb('role', '=', 'admin'), eb('name', '=', name)]))
    .orderBy('name')
    .$if(lock, (query) => query.forUpdate())
    .execute();
  const user = rows.find((row) => row.name === name);
  if (user === undefined) return 'unknown';
  const others = rows.filter((row) => row.name !== name);
  return user.role === 'admin' && others.length === 0 ? 'last-admin' : 'done';
}

function sessionOf(row: SessionTable): SessionRecord {
  const { digest, name, origin: from, created_at: createdAt, last_seen: lastSeen, expires_at: expiresAt } = row;
  return { digest, name, from, createdAt, lastSeen, expiresAt };
}
