/** Users, tokens and the audit log, for whoever has the database open. */
import type { AccessToken, AccountStore, Role, Scope } from '../config/account-store.ts';
import type { Database } from './database.ts';

export function createAccountStore(database: Database): AccountStore {
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
    saveUser: async ({ name, role, passwordHash, mustChange, createdAt }) => {
      const fields = { role, password_hash: passwordHash, must_change: mustChange ? 1 : 0, created_at: createdAt };
      await database.write(({ trx }) =>
        trx
          .insertInto('account')
          .values({ name, ...fields })
          .onConflict((conflict) => conflict.column('name').doUpdateSet(fields))
          .execute(),
      );
    },
    deleteUser: async (name) => {
      await database.write(async ({ trx }) => {
        await trx.deleteFrom('access_token').where('owner', '=', name).execute();
        await trx.deleteFrom('account').where('name', '=', name).execute();
      });
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
    saveToken: async ({ scopes, createdAt, ...token }) => {
      const row = { ...token, scopes: scopes.join(' '), created_at: createdAt };
      await database.write(({ trx }) => trx.insertInto('access_token').values(row).execute());
    },
    deleteToken: async (id) => {
      await database.write(({ trx }) => trx.deleteFrom('access_token').where('id', '=', id).execute());
    },
    record: async (entry) => {
      await database.write(({ trx }) => trx.insertInto('audit').values(entry).execute());
    },
    audit: (limit) =>
      database.read((kysely) =>
        kysely.selectFrom('audit').select(['at', 'who', 'what', 'detail']).orderBy('id', 'desc').limit(limit).execute(),
      ),
  };
}
