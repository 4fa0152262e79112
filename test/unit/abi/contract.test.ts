/** The mirror of the C headers: what is checked in is what the compiler says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { constants, layouts } from '#abi';
import * as tables from '#abi';
import { contractFile, generateContract } from '../../../tools/gen/contract.ts';

const root = join(import.meta.dirname, '../../..');

test('what is checked in is what the headers give', () => {
  assert.equal(readFileSync(join(root, contractFile), 'utf8'), generateContract(), 'run `npm run gen`');
});

test('the mirror of tables has the numbers of the headers', () => {
  assert.equal(tables.operationCount, constants.operations);
  assert.equal(tables.mountKindCount, constants.mountKinds);
  assert.equal(tables.automataMax, constants.automataMax);
  assert.equal(tables.rulesMax, constants.rulesMax);
  assert.equal(tables.maskWords, 2 * constants.maskWords);
  const { actionLog: log, actionAlert: alert, actionBlock: block, actionWouldBlock: wouldBlock } = constants;
  assert.deepEqual(tables.actionBits, { log, alert, block, wouldBlock });
});

test('structures are made of whole words', () => {
  for (const [name, { bytes }] of Object.entries(layouts)) assert.equal(bytes % 8, 0, name);
});
