import { existsSync } from 'node:fs';
import { Failure } from '#base';
import { addon } from './addon.ts';
import { removePins } from './pins.ts';
import { dropEarly } from './programs.ts';

/** Detaches everything that is pinned there: nothing is enforced any more. False: there was nothing. */
export function uninstall(pinFolder: string): boolean {
  dropEarly();
  if (!existsSync(pinFolder)) return false;
  const native = addon();
  const lock = native.lock(pinFolder);
  if (lock === undefined) {
    throw new Failure('host', `an agent works with the pin folder \`${pinFolder}\``, { help: 'stop it first' });
  }
  try {
    return removePins(native, pinFolder);
  } finally {
    native.close(lock);
  }
}
