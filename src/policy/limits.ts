/** Limits of the language, with their units; the numbers are those of the language's reference, section 6. */
export const limits = Object.freeze({
  /** A policy is kilobytes; what is larger is no policy. */
  fileBytesMax: 16 * 1024 * 1024,
  /** Nodes of the YAML tree with every alias written out. */
  nodesMax: 1_000_000,
  /** Those that stand in the text: a tree of more takes seconds and half a gigabyte. 100,000 patterns need 110,000. */
  writtenNodesMax: 150_000,
  /** Lists and mappings inside one another; a policy needs five. */
  levelsMax: 64,
  /** A path of the kernel has at most 4,095 bytes, and no other value is longer. */
  valueBytesMax: 4_095,
  /** A quoted or folded text as it is written; no value of 4,095 bytes needs as much. */
  scalarCharsMax: 1024 * 1024,
  /** Line ends, spaces, comments and YAML's marks: so many, and so many more for each value. */
  marksMax: 500_000,
  marksPerNodeMax: 8,
  /** Marks such as `,`, `]` and `&` with nothing in between. */
  marksRunMax: 1_000,
  nameCharsMax: 128,
  /** 4294967295 is "no user" in every user namespace. */
  userIdMax: 4_294_967_294,
  severityMin: 1,
  severityMax: 100,
  /** A name of one file in a directory (`NAME_MAX`). */
  fileNameBytesMax: 255,
  /** Past this a reader is not helped by more; the rest is counted. */
  findingsMax: 1_000,
  /** Steps that the warnings of one file may take to compare patterns; past them they say nothing. */
  comparisonStepsMax: 2_000_000,
});
