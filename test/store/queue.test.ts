import { queueContract } from '../support/queue-contract.ts';
import { newFile } from '../support/store-world.ts';

queueContract('SQLite', newFile);
