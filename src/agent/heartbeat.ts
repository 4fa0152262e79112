import type { KernelPort } from './kernel-port.ts';

/** Heartbeats within a period after which programs let go: an agent that is slow must not lose them. */
const beatsPerPeriod = 8;
/** So long a clock that was set, and pins that were taken out, go unnoticed. */
const beatMsMax = 10_000;

/** Named in a message; of more, how many. */
const namesMax = 3;

function listOf(names: readonly string[]): string {
  const more = names.length - namesMax;
  return names.slice(0, namesMax).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Speaks to the programs at once, and then again and again; `orphanAfterMs` 0: they would go on for ever without. */
export function startHeartbeat(
  kernel: Pick<KernelPort, 'heartbeat' | 'repin'>,
  orphanAfterMs: number,
  note: (line: string) => void,
): Disposable {
  const beat = (): void => {
    kernel.heartbeat(BigInt(orphanAfterMs) * 1_000_000n);
    const back = kernel.repin();
    if (back.length > 0) note(`pins of the programs were taken out, and are back: ${listOf(back)}`);
  };
  const again = (): void => {
    try {
      beat();
    } catch (error) {
      note(`the programs can't be spoken to: ${(error as Error).message}`);
    }
  };
  beat();
  const everyMs = orphanAfterMs === 0 ? beatMsMax : Math.min(beatMsMax, orphanAfterMs / beatsPerPeriod);
  const timer = setInterval(again, everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
