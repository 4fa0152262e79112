/** `npm run check`: types, lint, the gate and the unit tests; what every commit passes. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, runSteps, testStep } from './run.ts';

const bin = (name: string): string => join(root, 'node_modules/.bin', name);

const unitTests = readdirSync(join(root, 'test/unit'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => join('test/unit', file))
  .sort();

runSteps([
  { name: 'types', command: [bin('tsc'), '-p', '.'] },
  { name: 'types, as a browser has them', command: [bin('tsc'), '-p', 'tsconfig.browser.json'] },
  { name: 'lint', command: [bin('oxlint'), '--type-aware', '--deny-warnings', 'src', 'spec', 'tools', 'test', 'bench'] },
  { name: 'layers', command: [process.execPath, 'tools/gate/main.ts'] },
  testStep('unit tests', unitTests, { live: true, concurrency: 2 }),
]);
