import { factsUnknown, isFailure } from '#base';
import type { Span } from '#base';
import { compile } from '#compiler';
import { makeFinding } from '#policy';
import type { Finding, Policy } from '#policy';

/**
 * What the compiler refuses of a policy that is fine in itself. A container of which nothing is known yet is
 * asked about: there every selector counts.
 */
export function limitFindings(policy: Policy): readonly Finding[] {
  try {
    compile([policy], factsUnknown);
    return [];
  } catch (error) {
    if (!isFailure(error) || error.code !== 'limit') throw error;
    const advice = error.help ?? 'use fewer paths, or fewer wildcards';
    const [first, ...others] = culprits(policy, `${error.message} ${advice}`);
    const related = others.map((span) => ({ message: 'this selector costs much too', span }));
    return [
      makeFinding(
        'P5001',
        first ?? { start: 0, end: 0 },
        { problem: error.message, advice },
        related,
      ),
    ];
  }
}

/** Where the selectors stand that the refusal names; if it names none, the first. */
function culprits(policy: Policy, words: string): readonly Span[] {
  const selectors = policy.sections.flatMap((section) => section.selectors);
  const named = selectors.filter(({ name }) => words.includes(`\`${name}\``));
  return (named.length > 0 ? named : selectors.slice(0, 1)).map(({ span }) => span);
}
