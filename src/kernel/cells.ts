/** Room in the array of cells: first fit. What was freed is used again when no program can be in it any more. */
import { Failure } from '#base';

export interface Range {
  readonly first: number;
  readonly cells: number;
}

export interface CellSpace {
  /** The first cell of a free run of so many. */
  take(cells: number): number;
  /** From now on nobody begins to use it. */
  give(range: Range): void;
  /** Cells in use. */
  used(): number;
  /** Cells that were given back and are free as soon as they are wanted. */
  waiting(): number;
}

/** `inUse`: what an agent before has left. `settle` comes back when no program uses what was given. */
export function makeCellSpace(total: number, inUse: readonly Range[], settle: () => void): CellSpace {
  let free: Range[] = [{ first: 0, cells: total }];
  let waiting: Range[] = [];
  for (const range of inUse) free = without(free, range);
  const find = (cells: number): number | undefined => {
    const at = free.findIndex((range) => range.cells >= cells);
    if (at < 0) return undefined;
    const { first, cells: room } = free[at]!;
    free.splice(at, 1, ...(room > cells ? [{ first: first + cells, cells: room - cells }] : []));
    return first;
  };
  return {
    take(cells) {
      const first = find(cells);
      if (first !== undefined) return first;
      if (waiting.length > 0) {
        settle();
        free = merged([...free, ...waiting]);
        waiting = [];
      }
      const then = find(cells);
      if (then !== undefined) return then;
      throw new Failure('limit', `a table of ${cells} cells does not fit into the kernel's ${total}`, {
        help: 'fewer or simpler patterns, or an agent started with room for more cells',
      });
    },
    give(range) {
      waiting.push(range);
    },
    used: () => total - cellsOf(free) - cellsOf(waiting),
    waiting: () => cellsOf(waiting),
  };
}

function cellsOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { cells }) => sum + cells, 0);
}

function without(free: readonly Range[], taken: Range): Range[] {
  const end = taken.first + taken.cells;
  return free.flatMap((range) => {
    const rangeEnd = range.first + range.cells;
    if (rangeEnd <= taken.first || range.first >= end) return [range];
    const pieces = [
      { first: range.first, cells: taken.first - range.first },
      { first: end, cells: rangeEnd - end },
    ];
    return pieces.filter((piece) => piece.cells > 0);
  });
}

function merged(ranges: readonly Range[]): Range[] {
  const out: Range[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const last = out.at(-1);
    if (last !== undefined && last.first + last.cells === range.first) {
      out[out.length - 1] = { first: last.first, cells: last.cells + range.cells };
    } else {
      out.push(range);
    }
  }
  return out;
}
