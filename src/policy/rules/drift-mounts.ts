import { quote } from '../finding.ts';
import { blockPlace, blockingOf } from './rule.ts';
import type { Rule } from './rule.ts';

/** A block over `execDrift` that would keep what the runtime mounts in from running. */
export const driftMounts: Rule = (draft, report) => {
  for (const { response, match, exclude } of blockingOf(draft)) {
    if (exclude.some(({ written }) => written.has('targetFilePath'))) continue;
    for (const { selector, written, place } of match) {
      const isNarrowed = written.has('ignoreVolumeMounts') || written.has('targetFilePath');
      if (isNarrowed || !selector.operations.includes('execDrift')) continue;
      const related = [{ message: 'the selector is here', span: place }];
      report('P6012', blockPlace(response), { name: quote(selector.name) }, related);
    }
  }
};
