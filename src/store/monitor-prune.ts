/** Forgetting of monitors: runs and results that are old or too many, notices that are done with, monitors that are gone. */
import type { Retention } from '../monitor/monitor-store.ts';
import type { Database, Work } from './database.ts';

/** Each monitor is a commit of its own, so that nobody waits long. */
export async function pruneMonitors(
  database: Database,
  names: readonly string[],
  now: number,
  retention: Retention,
): Promise<void> {
  const before = now - retention.keepMs;
  const rows = await database.read((kysely) => kysely.selectFrom('monitor').select('name').execute());
  const wanted = new Set(names);
  for (const { name } of rows) {
    await database.write(async (work) => {
      await pruneRuns(work, name, before, retention.runs);
      await pruneResults(work, name, retention.results);
      if (!wanted.has(name)) await forgetEmpty(work, name, now);
    });
  }
  await database.write(({ trx }) =>
    trx.deleteFrom('monitor_posting').where('due_at', 'is', null).where('created_at', '<', before).execute(),
  );
}

async function pruneRuns({ trx }: Work, name: string, before: number, most: number): Promise<void> {
  const oldest = await trx
    .selectFrom('monitor_run')
    .select('id')
    .where('name', '=', name)
    .orderBy('id', 'desc')
    .offset(most)
    .limit(1)
    .executeTakeFirst();
  await trx
    .deleteFrom('monitor_run')
    .where('name', '=', name)
    .where((eb) => eb.or([eb('finished_at', '<', before), eb('id', '<=', oldest?.id ?? -1)]))
    .execute();
}

/** The newest of each target, and as many more in which something changed; the last that could tell always stays. */
async function pruneResults({ trx }: Work, name: string, most: number): Promise<void> {
  const targets = await trx.selectFrom('monitor_result').select('target').distinct().where('name', '=', name).execute();
  for (const { target } of targets) {
    const rows = await trx
      .selectFrom('monitor_result')
      .select(['id', 'told', 'notable'])
      .where('name', '=', name)
      .where('target', '=', target)
      .orderBy('run_id', 'desc')
      .execute();
    const kept = new Set(rows.slice(0, most).map(({ id }) => id));
    for (const { id } of rows.filter(({ notable }) => notable === 1).slice(0, most)) kept.add(id);
    const compared = rows.find(({ told }) => told === 1);
    if (compared !== undefined) kept.add(compared.id);
    for (const { id } of rows) {
      if (!kept.has(id)) await trx.deleteFrom('monitor_result').where('id', '=', id).execute();
    }
  }
}

/** A monitor that was taken away can be brought back with its history, as long as that is kept. */
async function forgetEmpty({ trx }: Work, name: string, now: number): Promise<void> {
  const run = await trx.selectFrom('monitor_run').select('id').where('name', '=', name).limit(1).executeTakeFirst();
  if (run !== undefined) return;
  const { numDeletedRows } = await trx
    .deleteFrom('monitor')
    .where('name', '=', name)
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))
    .executeTakeFirst();
  if (numDeletedRows > 0n) await trx.deleteFrom('monitor_result').where('name', '=', name).execute();
}
