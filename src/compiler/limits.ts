import { automataMax, maskGroups, rulesMax } from '#abi';

/**
 * All limits of the compiler. They count work and sizes, never time, so that a policy compiles everywhere or
 * nowhere.
 */
export const limits = Object.freeze({
  /** Masks have 256 bits, one of which stands for "no path condition" (the layout of tables). */
  groupsMax: maskGroups - 1,
  automataMax,
  rulesMax,
  /** Entries and edges looked at by the constructions of one table: about 5 s on a machine of 2026. */
  stepsMax: 80_000_000,
  /** Of these steps the first try may take one part in so many: sets of patterns instead of groups. */
  fineShare: 4,
  /** States of one automaton before folding: 8 M cells at one edge each, what the largest table holds. */
  statesMax: 4_000_000,
  /** More states than so many for each token: the automaton is worth splitting. */
  statesPerToken: 12,
  statesAlways: 4_000,
  /** 64 MiB. */
  cellsMax: 8_388_608,
  processAtomsMax: maskGroups,
  processClassesMax: 1_024,
  /** Combinations of executable, session leader, user and terminal that are looked at. */
  processKindsMax: 500_000,
});
