/** `npm run gen`: writes what is generated and checked in. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contractFile, generateContract } from './contract.ts';

const root = new URL('../..', import.meta.url).pathname;
writeFileSync(join(root, contractFile), generateContract());
console.log(contractFile);
