/** What an installation keeps of certificates beside its configuration: the Demo pair, and which warnings were given. */
import type { Database } from './database.ts';

export interface DemoPair {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateStore {
  /** Null before the first one was made. */
  demo(): Promise<DemoPair | null>;
  /** Keeps `pair` in place of `old`, and answers with what is kept now: that of another process if it was quicker. */
  keepDemo(pair: DemoPair, old: DemoPair | null, at: number): Promise<DemoPair>;
  /** Whether this is the first time: of several processes one is told so. */
  firstNotice(fingerprint: string, days: number, at: number): Promise<boolean>;
  /** Warnings given longer ago than that are forgotten. */
  forgetNotices(before: number): Promise<void>;
}

export function createCertificateStore(database: Database): CertificateStore {
  return {
    demo: async () => {
      const [row] = await database.read((kysely) => kysely.selectFrom('demo_certificate').selectAll().execute());
      return row === undefined ? null : { certificate: row.certificate, key: row.private_key };
    },
    keepDemo: (pair, old, at) =>
      database.write(async ({ trx }) => {
        if (old !== null) {
          await trx.deleteFrom('demo_certificate').where('certificate', '=', old.certificate).execute();
        }
        const row = { id: 1, certificate: pair.certificate, private_key: pair.key, made_at: at };
        await trx
          .insertInto('demo_certificate')
          .values(row)
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute();
        const kept = await trx.selectFrom('demo_certificate').selectAll().executeTakeFirstOrThrow();
        return { certificate: kept.certificate, key: kept.private_key };
      }),
    firstNotice: (fingerprint, days, at) =>
      database.write(async ({ trx }) => {
        const inserted = await trx
          .insertInto('expiry_notice')
          .values({ fingerprint, days, at })
          .onConflict((conflict) => conflict.columns(['fingerprint', 'days']).doNothing())
          .executeTakeFirst();
        return Number(inserted.numInsertedOrUpdatedRows ?? 0) > 0;
      }),
    forgetNotices: async (before) => {
      await database.write(({ trx }) => trx.deleteFrom('expiry_notice').where('at', '<', before).execute());
    },
  };
}
