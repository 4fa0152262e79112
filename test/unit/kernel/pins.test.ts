import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '#base';
import { preparePinFolder } from '../../../src/kernel/pins.ts';

test('a pin folder that cannot be on bpffs is refused at once, also in sysfs', () => {
  for (const folder of ['/sys/kernel/none/d4c', '/tmp/none/d4c']) {
    assert.throws(() => preparePinFolder(folder), (error) => isFailure(error) && /mount -t bpf/.test(error.help ?? ''));
  }
});
