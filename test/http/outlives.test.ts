import { join } from 'node:path';
import { outlivesContract } from '../support/outlives-contract.ts';
import { newFolder } from '../support/store-world.ts';

outlivesContract('SQLite', async (context) => ({ kind: 'file', path: join(newFolder(context), 'web.sqlite') }));
