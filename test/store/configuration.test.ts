import { configurationContract } from '../support/configuration-contract.ts';
import { newFile } from '../support/store-world.ts';

configurationContract('SQLite', newFile);
