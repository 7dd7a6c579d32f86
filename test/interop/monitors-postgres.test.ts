/** Monitors over a real PostgreSQL: the same contract as over SQLite. */
import test, { after, before } from 'node:test';
import { monitorContract } from '../support/monitor-contract.ts';
import { newPostgres, type PostgresRig, skipUnlessPostgres, startPostgres } from './postgres.ts';

const skip = skipUnlessPostgres();
if (skip !== false) test('monitors over PostgreSQL', { skip }, () => {});
else {
  let rig: PostgresRig;
  before(async () => {
    rig = await startPostgres();
  });
  after(async () => await rig.stop());
  monitorContract(
    'PostgreSQL',
    newPostgres(() => rig),
  );
}
