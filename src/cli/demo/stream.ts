import type { ContainerFacts } from '#base';

/** A document as the outputs have it: ECS fields, nested. */
export type DemoDocument = Readonly<Record<string, unknown>>;

/** One program of `--run`, or one attempt of the built-in ones, as it ended. */
export interface DemoRun {
  readonly file: string;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * What a demo tells while it goes on, one JSON line each. Where the demo runs in a virtual machine these
 * lines are all that comes out of it; the same code renders them wherever they were made.
 */
export type DemoEvent =
  | {
      readonly kind: 'ready';
      readonly kernel: string;
      readonly mechanism: string;
      readonly image: string | null;
      /** From the agent's start to its rules being in the kernel. */
      readonly enforcingAfterMs: number;
    }
  | { readonly kind: 'attempt'; readonly title: string; readonly command: string }
  | { readonly kind: 'run'; readonly run: DemoRun }
  | { readonly kind: 'document'; readonly document: DemoDocument }
  | { readonly kind: 'verdict'; readonly ok: boolean; readonly complaint: string | null }
  | { readonly kind: 'shell'; readonly text: string }
  | { readonly kind: 'end'; readonly counters: Readonly<Record<string, unknown>> }
  | { readonly kind: 'failure'; readonly code: string; readonly message: string; readonly help: string | null };

export type Emit = (event: DemoEvent) => void;

/** What is to be shown; the paths are absolute. */
export interface DemoPlan {
  readonly policies: readonly string[];
  readonly runs: readonly string[];
  readonly images: readonly string[];
  readonly shares: readonly string[];
  readonly facts: ContainerFacts;
  readonly containerOptions: readonly string[];
  readonly kernel: '6.1' | '6.12';
  readonly monitor: boolean;
  readonly shell: boolean;
}
