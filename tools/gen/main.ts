/** `npm run gen`: writes what is generated and checked in. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contractFile, generateContract } from './contract.ts';
import { generateFindings } from './findings.ts';
import { generateSchema, schemaFile } from './schema.ts';

const root = new URL('../..', import.meta.url).pathname;
const files = new Map([
  [contractFile, generateContract()],
  ...generateFindings(),
  [schemaFile, generateSchema()],
]);
for (const [file, text] of files) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}
console.log(`${files.size} files written`);
