import type { KernelPort } from './kernel-port.ts';

/** A wall clock that was set makes a larger step than this; the jitter of two readings is far smaller. */
const stepNs = 2_000_000n;

/**
 * Nanoseconds from the epoch to the boot. It is kept until the wall clock is set, so that the order of
 * timestamps is that of the kernel's.
 */
export function createBootEpoch(kernel: Pick<KernelPort, 'clock'>): () => bigint {
  let epochNs: bigint | undefined;
  return () => {
    const { bootNs, realNs } = kernel.clock();
    const now = realNs - bootNs;
    const off = epochNs === undefined ? stepNs + 1n : now - epochNs;
    if (off > stepNs || off < -stepNs) epochNs = now;
    return epochNs!;
  };
}
