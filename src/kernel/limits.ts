/** Sizes of the maps, set at load. What the kernel holds for us in all stays below 24 MiB. */

/** 8 MiB: 1,000 patterns take a tenth of it, 10,000 with inner wildcards two thirds. */
export const cellsMax = 1 << 20;
/** Containers of a node: Kubernetes runs 110 pods by default, each with a few. */
export const containersMax = 4096;
/** Mounts that containers began with; room is taken as they come. One has two dozen. */
export const mountsMax = 1 << 15;
/** A record takes half a KiB and more: room for some thousands until the reader comes. */
export const alertsRingBytes = 4 << 20;
export const telemetryRingBytes = 4 << 20;
/** Scratch for each CPU, as bpf/lib/d4c_scratch.h has it, and for all of them. */
export const scratchPerCpu = 4;
export const scratchMax = 64;
