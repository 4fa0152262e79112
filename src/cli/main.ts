/**
 * The entry. What V8 made of the program's text when it was bundled is used again, which halves the start; where
 * nothing was kept, as in a checkout run from its sources, all is compiled anew.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const directory = join(import.meta.dirname, 'compiled');
if (existsSync(directory)) process.getBuiltinModule('node:module').enableCompileCache({ directory, portable: true });
await import('./program.ts');
