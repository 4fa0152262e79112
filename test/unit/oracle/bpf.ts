import { isFailure } from '#base';
import { type DecisionCore, openDecisionCore } from '#kernel';

const notPermitted = 1;

/**
 * The decision core in the kernel of this machine; nothing for who may not load programs: then the test that
 * boots kernels is the only one to ask (test/vm/kernel/decide.test.ts).
 */
export function openBpf(): DecisionCore | undefined {
  try {
    return openDecisionCore();
  } catch (error) {
    if (isFailure(error) && (error.cause as { errno?: number }).errno === notPermitted) return undefined;
    throw error;
  }
}
