import type { Container } from '#containers';
import type { OperationEvent } from '#events';

/** A JSON value, as documents are made of. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface EcsDocument {
  readonly [key: string]: Json;
}

/** The streams of the integration: `logs-cloud_defend.<stream>-<namespace>`. */
export type Stream = 'alerts' | 'file' | 'process';

/** What the policies say of an event, worked out after the kernel has acted on it. */
export interface Judgement {
  /** Names of the `match` selectors that held in responses that apply. */
  readonly matchedSelectors: readonly string[];
  /** Of the response of the highest severity; unset where no policy in force knows of it any more. */
  readonly rule: Rule | undefined;
  /** Index of the first pair that a response was judged by, in the order delete, modify, create. */
  readonly pair: number;
  /** A block that mode monitor held back. */
  readonly wouldDeny: boolean;
  /** The outcome was open when the operation ran: the document comes late. */
  readonly late: boolean;
}

export interface Rule {
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly severity: number | undefined;
  readonly reference: string | undefined;
  /** File and line of the response, to be found by whoever is called at night. */
  readonly file: string;
  readonly line: number | undefined;
  readonly policy: string | undefined;
}

export interface HostFacts {
  readonly id: string | undefined;
  readonly bootId: string;
  readonly hostname: string;
  readonly architecture: string;
  readonly ip: readonly string[];
  readonly mac: readonly string[];
  readonly pidNamespace: string | undefined;
  readonly os: {
    readonly kernel: string;
    readonly name: string | undefined;
    readonly platform: string | undefined;
    readonly version: string | undefined;
    readonly full: string | undefined;
    readonly family: string | undefined;
    readonly codename: string | undefined;
  };
}

export interface AgentFacts {
  readonly id: string;
  readonly ephemeralId: string;
  readonly name: string;
  readonly version: string;
}

/** Further occurrences of an alert that has a document, told of in one. */
export interface RepeatFacts {
  /** Of the document. */
  readonly id: string;
  /** Id of the alert that they repeat. */
  readonly of: string;
  readonly count: number;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

export interface DocumentInput {
  readonly event: OperationEvent;
  readonly stream: Stream;
  readonly judgement: Judgement;
  /** `undefined`: nobody ever told of the cgroup. */
  readonly container: Container | undefined;
  readonly host: HostFacts;
  readonly agent: AgentFacts;
  /** Nanoseconds from the epoch to the boot: what turns an event's time into that of the wall. */
  readonly bootEpochNs: bigint;
  /** Namespace of the data stream: `default`. */
  readonly namespace: string;
  /** `event` is the last of these. */
  readonly repeats?: RepeatFacts | undefined;
}
