import type { Place } from './finding.ts';
import type {
  ActionName,
  Located,
  OperationName,
  Response,
  SectionKind,
  Selector,
} from './model.ts';
import type { ConditionName } from './vocabulary.ts';

/** A policy as far as it could be read: what rules look at, and a policy is made of if there is no error. */
export interface Draft {
  readonly flat: boolean;
  readonly name: string | undefined;
  readonly mode: 'enforce' | 'monitor';
  readonly sections: readonly DraftSection[];
}

export interface DraftSection {
  readonly kind: SectionKind;
  readonly selectors: readonly DraftSelector[];
  readonly responses: readonly DraftResponse[];
}

/** A condition as the text names it: by either of its names. */
export interface Written {
  readonly place: Place;
  readonly spelt: string;
}

export interface DraftSelector {
  /** Where findings about the selector as a whole point: its name, or else its first key. */
  readonly place: Place;
  readonly name: Located<string> | undefined;
  readonly selector: Selector;
  /** Operations as the text gives them; `undefined`, it gives none. */
  readonly operations: readonly Located<OperationName>[] | undefined;
  /** Conditions that the text has, whether or not they could be read; those that are no condition (`false`) left out. */
  readonly written: ReadonlyMap<ConditionName, Written>;
  /** Nothing of it was left out because of an error: what it matches is known. */
  readonly whole: boolean;
}

export interface DraftResponse {
  readonly place: Place;
  readonly response: Response;
  readonly actions: readonly Located<ActionName>[];
  readonly whole: boolean;
}
