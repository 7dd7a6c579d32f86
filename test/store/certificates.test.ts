import { certificateContract } from '../support/certificate-contract.ts';
import { newFile } from '../support/store-world.ts';

certificateContract('SQLite', newFile);
