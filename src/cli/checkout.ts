import { join } from 'node:path';

/** The checkout, or the folder of a release: from here as from the bundle (build/bundle) it is two up. */
export const checkout = join(import.meta.dirname, '../..');
