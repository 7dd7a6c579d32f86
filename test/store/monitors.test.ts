import { monitorContract } from '../support/monitor-contract.ts';
import { newFile } from '../support/store-world.ts';

monitorContract('SQLite', newFile);
