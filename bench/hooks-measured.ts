/** What the guest's half of the benchmark found, by setting and operation. */
export const operationNames = [
  'anyCall', 'writeByte', 'openRead', 'openWrite', 'makePlain', 'makeExecutable', 'changeMode', 'forkExecWait',
] as const;
export type OperationName = (typeof operationNames)[number];

export interface Setting {
  /** Instructions that one takes; median over the rounds. */
  readonly cost: Readonly<Record<OperationName, number>>;
  /** How often each was done in all. */
  readonly times: Readonly<Record<OperationName, number>>;
  /** Operations that the programs judged and recorded meanwhile; 0 without them. */
  readonly judged: number;
  readonly recorded: number;
}

export interface Measured {
  readonly release: string;
  /** `none`, `empty` and `again` in a container and on the host; `product-host`; the policies in containers. */
  readonly settings: ReadonlyMap<string, Setting>;
  readonly attached: readonly string[];
  readonly verified: Readonly<Record<string, number>>;
}

interface Line {
  readonly kind: 'setting' | 'programs';
  readonly setting: string;
  readonly operations: readonly { readonly operation: OperationName; readonly times: number; readonly took: readonly number[] }[];
  readonly judged?: number;
  readonly recorded?: number;
  readonly lost?: readonly string[];
  readonly attached: readonly string[];
  readonly verified: Readonly<Record<string, number>>;
}

export function measuredOf(release: string, output: string): Measured {
  const lines = output.trim().split('\n').map((line) => JSON.parse(line) as Line);
  const settings = new Map<string, Setting>();
  for (const line of lines.filter(({ kind }) => kind === 'setting')) settings.set(line.setting, settingOf(line));
  const programs = lines.find(({ kind }) => kind === 'programs');
  if (programs === undefined) throw new Error('the guest told nothing of the programs');
  return { release, settings, attached: programs.attached, verified: programs.verified };
}

function settingOf({ setting, operations, judged = 0, recorded = 0, lost = [] }: Line): Setting {
  if (lost.length > 0) throw new Error(`${setting}: records were lost (${lost.join(', ')}), so that others were measured`);
  const by = (value: (line: Line['operations'][number]) => number): Record<OperationName, number> => {
    const entries = operationNames.map((name) => {
      const line = operations.find(({ operation }) => operation === name);
      if (line === undefined) throw new Error(`${setting}: \`${name}\` was not measured`);
      return [name, value(line)] as const;
    });
    return Object.fromEntries(entries) as Record<OperationName, number>;
  };
  return { cost: by(({ took }) => median(took)), times: by(({ times }) => times), judged, recorded };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
