import { join } from 'node:path';
import { systemClock } from '../../src/app/world.ts';
import { openDatabase } from '../../src/store/database.ts';
import { processContract } from '../support/process-contract.ts';
import { newFolder, openerOf } from '../support/store-world.ts';

processContract('SQLite', async (context) => {
  const path = join(newFolder(context), 'queue.db');
  return { where: path, open: openerOf(context, () => openDatabase({ kind: 'file', path }, { clock: systemClock })) };
});
