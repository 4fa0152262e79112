import type { KernelPort } from './kernel-port.ts';

/** Heartbeats within a period after which programs let go: an agent that is slow must not lose them. */
const beatsPerPeriod = 8;
/** Beats are cheap, but nobody needs them more often. */
const beatMsMax = 60_000;

/** Speaks to the programs at once, and then again and again. 0: they go on for ever without. */
export function startHeartbeat(kernel: Pick<KernelPort, 'heartbeat'>, orphanAfterMs: number): Disposable {
  const beat = (): void => kernel.heartbeat(BigInt(orphanAfterMs) * 1_000_000n);
  beat();
  const timer = orphanAfterMs === 0 ? undefined : setInterval(beat, Math.min(beatMsMax, orphanAfterMs / beatsPerPeriod)).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
