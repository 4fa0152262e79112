import { allActions, conditionWords, flatActions, limits, operationsOf } from '#policy';
import type { SectionKind, ValueForm, Word } from '#policy';

export const schemaFile = 'schema/policy.schema.json';

type Schema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema for editors. An editor has resolved types already, so a number or a boolean stands wherever
 * text does; what a schema cannot say (names that are defined, paths of a block) is left to the check.
 */
export function generateSchema(): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'made by `npm run gen` from src/policy/vocabulary.ts; do not edit',
    title: 'D4C policy',
    type: 'object',
    properties: {
      name: { ...text, description: 'name of the policy' },
      mode: {
        enum: ['enforce', 'monitor'],
        default: 'enforce',
        description: 'monitor: every block is let through, and told',
      },
      selectors: { $ref: '#/definitions/flatSelectors' },
      responses: { $ref: '#/definitions/flatResponses' },
      file: { $ref: '#/definitions/file' },
      process: { $ref: '#/definitions/process' },
    },
    additionalProperties: false,
    oneOf: [
      {
        required: ['selectors', 'responses'],
        not: { anyOf: [{ required: ['file'] }, { required: ['process'] }] },
      },
      {
        anyOf: [{ required: ['file'] }, { required: ['process'] }],
        not: { anyOf: [{ required: ['selectors'] }, { required: ['responses'] }] },
      },
    ],
    definitions: {
      flatSelectors: { type: 'array', minItems: 1, items: selector('file') },
      flatResponses: { type: 'array', minItems: 1, items: response(flatActions) },
      file: section('file'),
      process: section('process'),
    },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

const unescaped = '(?:[^\\\\]|\\\\[\\\\*])';
const text: Schema = {
  type: ['string', 'number', 'boolean'],
  minLength: 1,
  maxLength: limits.valueBytesMax,
};
const name: Schema = {
  type: ['string', 'number', 'boolean'],
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]*$',
  maxLength: limits.nameCharsMax,
};

const forms: Readonly<Record<ValueForm, Schema>> = {
  text: listOf({ ...text, pattern: `^${unescaped}+$` }),
  path: listOf({
    type: 'string',
    maxLength: limits.valueBytesMax,
    pattern: `^(?!.*//)(?!.*/\\.{1,2}(?:/|$))(?!.*/$)(?:/|\\*\\*)${unescaped}*$`,
  }),
  label: listOf({
    type: 'string',
    maxLength: limits.valueBytesMax,
    pattern: `^(?:[^\\\\:*]|\\\\[\\\\*])+:${unescaped}*$`,
  }),
  orchestrator: listOf({ enum: ['kubernetes'] }),
  user: listOf({
    anyOf: [
      { type: 'integer', minimum: 0, maximum: limits.userIdMax },
      { type: 'string', pattern: '^(?:0|[1-9][0-9]{0,9})$' },
    ],
  }),
  boolean: { enum: [true, false, 'true', 'false'] },
  flag: { enum: [true, false, 'true', 'false'] },
};
const isTrue: Schema = { enum: [true, 'true'] };

/** One value, or a list of at least one. */
function listOf(item: Schema, minItems = 1): Schema {
  return { anyOf: [item, { type: 'array', minItems, items: item }] };
}

function section(kind: SectionKind): Schema {
  return {
    type: 'object',
    required: ['selectors', 'responses'],
    additionalProperties: false,
    properties: {
      selectors: { type: 'array', minItems: 1, items: selector(kind) },
      responses: { type: 'array', minItems: 1, items: response(allActions) },
    },
  };
}

function selector(kind: SectionKind): Schema {
  const words = conditionWords.filter(({ sections }) => sections.includes(kind));
  const conditions = words.flatMap((word) =>
    spellings(word).map((key) => [key, { ...forms[word.form], description: word.about }]),
  );
  return {
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: {
      name: { ...name, description: 'unique name of the selector' },
      description: { ...text, description: 'free text' },
      operation: { ...listOf({ enum: operationsOf(kind) }), description: 'what is done' },
      ...(Object.fromEntries(conditions) as Schema),
    },
    anyOf: [
      { required: ['operation'] },
      ...words.flatMap((word) => spellings(word).map((key) => given(word, key))),
    ],
    allOf: [...words.flatMap(twoNames), ...words.flatMap((word) => exclusions(word, words))],
  };
}

function spellings(word: Word): readonly string[] {
  return [word.name, ...word.otherNames];
}

/** That a condition is there; `false` for an `ignore…` is none. */
function given(word: Word, key: string): Schema {
  return word.form === 'flag'
    ? { required: [key], properties: { [key]: isTrue } }
    : { required: [key] };
}

function twoNames(word: Word): readonly Schema[] {
  const keys = spellings(word);
  return keys.flatMap((key, index) =>
    keys.slice(index + 1).map((other) => ({ not: { required: [key, other] } })),
  );
}

function exclusions(word: Word, words: readonly Word[]): readonly Schema[] {
  const other = words.find((candidate) => candidate.name === word.excludes);
  // Each pair is told by both; once is enough.
  if (other === undefined || other.name < word.name) return [];
  return spellings(word).flatMap((key) =>
    spellings(other).map((otherKey) => ({
      not: { allOf: [given(word, key), given(other, otherKey)] },
    })),
  );
}

function response(actions: readonly string[]): Schema {
  return {
    type: 'object',
    required: ['match', 'actions'],
    additionalProperties: false,
    properties: {
      match: { ...listOf(name), description: 'selectors of which one must match' },
      exclude: {
        anyOf: [listOf(name, 0), { type: 'null' }],
        description: 'selectors of which none may match',
      },
      actions: {
        description: 'what is done; `block` requires `alert`',
        anyOf: [
          { enum: actions.filter((action) => action !== 'block') },
          {
            type: 'array',
            minItems: 1,
            items: { enum: actions },
            if: { contains: { const: 'block' } },
            then: { contains: { const: 'alert' } },
          },
        ],
      },
      name: { ...text, description: '`rule.name` of the documents' },
      description: { ...text, description: '`rule.description` of the documents' },
      severity: {
        anyOf: [
          { type: 'integer', minimum: limits.severityMin, maximum: limits.severityMax },
          { type: 'string', pattern: '^(?:[1-9][0-9]?|100)$' },
        ],
        description: '`event.severity` of the documents, 1 to 100',
      },
      runbook: {
        type: 'string',
        pattern: '^[A-Za-z][A-Za-z0-9+.-]*://\\S+$',
        description: 'URL, `rule.reference` of the documents',
      },
    },
  };
}
