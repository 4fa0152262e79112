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
  /** Entries and edges looked at by the constructions of one table: 2 to 4 s of one core of 2026. */
  stepsMax: 20_000_000,
  /** Automata that tell single selectors apart are tried up to so many tokens of all patterns together. */
  fineTokensMax: 100_000,
  /** Of the steps that try may take one part in so many. */
  fineShare: 4,
  /** States of one automaton before folding: 8 M cells at one edge each, what the largest table holds. */
  statesMax: 4_000_000,
  /** More states than so many for each token: the automaton is worth splitting. */
  statesPerToken: 2,
  statesAlways: 8_000,
  /** So many excluded selectors stay with the others, whatever it costs, where not every selector can be told apart. */
  excludedApart: 8,
  /** More stay if one automaton for all has at most so many states for each token, found with one part of the steps in so many. */
  statesPerTokenWhole: 1,
  wholeShare: 3,
  /** 64 MiB. */
  cellsMax: 8_388_608,
  processAtomsMax: maskGroups,
  processClassesMax: 1_024,
  /** Combinations of executable, session leader, user and terminal that are looked at. */
  processKindsMax: 500_000,
  /** Kinds of containers that two policies are compared for one by one. */
  diffKindsMax: 4_096,
  /** Places that the automata of two tables can be in together. */
  diffPlacesMax: 300_000,
  /** Sets of matching patterns that are taken two by two, for files of two paths. */
  diffPairedMax: 400,
  /** Names of directories that are taken two by two, for their renaming. */
  diffNamesMax: 1_000,
  /** Examples that are kept for one change. */
  diffExamplesMax: 4,
});

/** Where the compiler goes over to coarser or more automata: tests set these low, to go there with small policies. */
export type Bounds = Readonly<Record<'fineTokensMax' | 'statesPerToken' | 'statesPerTokenWhole' | 'statesAlways' | 'excludedApart', number>>;
