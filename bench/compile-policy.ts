import { parsePolicy, type Policy } from '#policy';

/**
 * Patterns spread over selectors that responses tell apart in four ways: alert and block, unless excluded;
 * log; alert alone, unless excluded; and the excluded ones. As text, so that checking it can be timed too.
 */
export function fourWaysText(patterns: readonly string[], selectors: number, excludedSelectors: number): string {
  const own: string[][] = Array.from({ length: Math.min(selectors, patterns.length) }, () => []);
  patterns.forEach((pattern, at) => own[at % own.length]!.push(pattern));
  const roles: string[][] = [[], [], [], []];
  own.forEach((_, i) => roles[i % 4 === 3 && roles[3]!.length < excludedSelectors ? 3 : i % 3]!.push(`s${i}`));
  const [hard, log, soft, exclude] = roles as [string[], string[], string[], string[]];
  const document = {
    file: {
      selectors: own.map((targetFilePath, i) => ({
        name: `s${i}`, operation: ['createExecutable', 'modifyExecutable'], targetFilePath,
      })),
      responses: [
        { match: hard, exclude, actions: ['alert', 'block'] },
        { match: log, actions: ['log'] },
        { match: soft, exclude, actions: ['alert'] },
      ].filter(({ match }) => match.length > 0),
    },
  };
  return JSON.stringify(document, null, 1);
}

export function fourWays(patterns: readonly string[], selectors: number, excludedSelectors: number): Policy {
  const { policy, findings } = parsePolicy('bench.yaml', fourWaysText(patterns, selectors, excludedSelectors));
  if (policy !== null) return policy;
  const errors = findings.filter(({ severity }) => severity === 'error');
  throw new TypeError(`the policy of the benchmark has errors: ${errors[0]?.message ?? ''}`);
}
