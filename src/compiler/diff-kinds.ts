import { type ContainerFacts, factsUnknown, noFacts, parseImageReference } from '#base';
import type { Condition, Pattern, Policy, StaticText } from '#policy';
import { conditionKey } from './diff-reduce.ts';
import { anyText, imageSyntax, onWholeName, type Syntax, tagSyntax, valueClasses, type ValuePattern } from './diff-values.ts';
import { truthKey } from './evaluate.ts';
import { limits } from './limits.ts';
import { matchesText } from './match-text.ts';
import { isStatic, staticTruth } from './static.ts';

/** Containers that no static condition of either policy tells apart. */
export interface ContainerKind {
  readonly facts: ContainerFacts;
  /** What tells it from others, for people: `namespace prod`, `another image`; empty: it is all the others. */
  readonly words: readonly string[];
}

export interface ContainerKinds {
  readonly kinds: readonly ContainerKind[];
  /** How many combinations of facts there are; more than were looked at, if they are too many. */
  readonly combinations: number;
  readonly isComplete: boolean;
}

/** One way in which facts that belong together can fall. */
interface Option {
  readonly facts: Partial<ContainerFacts>;
  readonly words: readonly string[];
  /** The container lacks what is asked for. */
  readonly isNone?: true;
}

/**
 * Every kind of container that policies tell apart. A pod has a namespace, a name and labels, what is no pod has
 * none of them; a container can lack an image reference, a tag, and what is known of a cluster.
 */
export function containerKinds(policies: readonly Policy[]): ContainerKinds {
  const conditions = staticConditions(policies);
  let isComplete = true;
  const classes = (atoms: readonly (readonly Pattern[])[], syntax: Syntax, toTokens = (value: Pattern) => value.tokens as ValuePattern['tokens'] | null): readonly string[] => {
    const patterns = atoms.flatMap((values, atom) => values.flatMap((value) => {
      const tokens = toTokens(value);
      return tokens === null ? [] : [{ tokens, atom }];
    }));
    const found = valueClasses(patterns, syntax);
    if (found === null) isComplete = false;
    return found ?? [];
  };
  const asked: Asked = {
    conditions, classes,
    bounded(options) {
      if (options.length > limits.diffKindsMax * 4) isComplete = false;
      return options.slice(0, limits.diffKindsMax * 4);
    },
    of: (...names) => conditions.filter(({ name }) => names.includes(name)),
    texts: (name) => conditions.flatMap((condition) => (condition.kind === 'static' && condition.name === name ? [condition.values] : [])),
  };
  const groups = [imageOptions(asked), podOptions(asked), clusterOptions(asked, 'kubernetesClusterId', 'clusterId', 'cluster id'),
    clusterOptions(asked, 'kubernetesClusterName', 'clusterName', 'cluster')].map((options) => merge(options, conditions));
  const combinations = groups.reduce((product, options) => product * options.length, 1);
  const taken = Math.min(combinations, limits.diffKindsMax);
  const kinds = new Map<string, { facts: ContainerFacts; options: (readonly Option[])[] }>();
  for (let i = 0; i < taken; i++) {
    // where they are too many, some from everywhere
    const options = optionsAt(groups, taken === combinations ? i : Math.floor((i * combinations) / taken));
    const facts = Object.freeze(Object.assign({}, noFacts, ...options.map((option) => option.facts)) as ContainerFacts);
    const key = truthKey(policies, facts);
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, { facts, options: [options] });
    else kind.options.push(options);
  }
  const described = [...kinds.values()].map(({ facts, options }) => ({ facts, words: wordsOf(groups, options) }));
  return { kinds: described, combinations, isComplete: isComplete && taken === combinations };
}

/** Words of the first, but for facts that can be anything. */
function wordsOf(groups: readonly (readonly Option[])[], combinations: readonly (readonly Option[])[]): readonly string[] {
  return groups.flatMap((options, group) => {
    const occurring = new Set(combinations.map((one) => one[group]!));
    return options.length > 1 && occurring.size === options.length ? [] : combinations[0]![group]!.words;
  });
}

/** A container of which nothing is known yet, if that is not what one of the kinds is. */
export function unknownKind(policies: readonly Policy[]): ContainerKind | null {
  const isAsked = truthKey(policies, factsUnknown).includes('?');
  return isAsked ? { facts: factsUnknown, words: ['not yet known'] } : null;
}

interface Asked {
  readonly conditions: readonly Condition[];
  of(...names: readonly Condition['name'][]): readonly Condition[];
  texts(name: StaticText): readonly (readonly Pattern[])[];
  /** As many options as can be gone through. */
  bounded(options: readonly Option[]): readonly Option[];
  classes(atoms: readonly (readonly Pattern[])[], syntax: Syntax, toTokens?: (value: Pattern) => ValuePattern['tokens'] | null): readonly string[];
}

function staticConditions(policies: readonly Policy[]): readonly Condition[] {
  const all = policies.flatMap(({ sections }) => sections.flatMap(({ selectors }) => selectors.flatMap(({ conditions }) => conditions)));
  const found = new Map<string, Condition>();
  for (const condition of all) if (isStatic(condition)) found.set(conditionKey(condition), condition);
  return [...found.values()];
}

function imageOptions(asked: Asked): readonly Option[] {
  if (asked.of('containerImageFullName', 'containerImageName', 'containerImageTag').length === 0) return [{ facts: {}, words: [] }];
  const full = asked.texts('containerImageFullName');
  const short = asked.texts('containerImageName');
  const tags = asked.texts('containerImageTag');
  const names = namesOf(asked, full, short);
  const versions: readonly (string | null)[] = tags.length === 0 ? [null] : [...asked.classes(tags, tagSyntax), null];
  const asksName = full.length + short.length > 0;
  const options = asked.bounded(names.flatMap((name) => versions.map((tag): Option => {
    const digest = tags.length > 0 && tag === null ? `@sha256:${'0'.repeat(64)}` : '';
    const image = parseImageReference(`${name}${tag === null ? '' : `:${tag}`}${digest}`);
    return {
      facts: { image },
      words: [
        ...(asksName ? [imageWords(name, full, short)] : []),
        ...(tags.length > 0 ? [tag === null ? 'no tag' : says('tag', tag, tags, 'another tag')] : []),
      ],
    };
  })));
  return [...options, { facts: { image: null }, words: ['no image reference'], isNone: true }];
}

/** Values of both conditions fall together: they speak of one name. */
function namesOf(asked: Asked, full: readonly (readonly Pattern[])[], short: readonly (readonly Pattern[])[]): readonly string[] {
  if (full.length + short.length === 0) return ['docker.io/library/a'];
  const shortValues = new Set(short.flat());
  return asked.classes([...full, ...short], imageSyntax, (value) => (shortValues.has(value) ? onWholeName(value) : value.tokens));
}

function imageWords(name: string, full: readonly (readonly Pattern[])[], short: readonly (readonly Pattern[])[]): string {
  const last = name.slice(name.lastIndexOf('/') + 1);
  const words = [...matched(name, full), ...matched(last, short)];
  return words.length === 0 ? 'another image' : `image ${words.join(' and ')}`;
}

function podOptions(asked: Asked): readonly Option[] {
  const labels = asked.conditions.filter((condition) => condition.kind === 'label');
  const namespaces = asked.texts('kubernetesNamespace');
  const pods = asked.texts('kubernetesPodName');
  const isAsked = labels.length + namespaces.length + pods.length + asked.of('orchestratorType').length > 0;
  if (!isAsked) return [{ facts: {}, words: [] }];
  const keys = [...new Set(labels.flatMap(({ values }) => values.map(({ key }) => key)))];
  let options: readonly Option[] = (namespaces.length === 0 ? ['default'] : asked.classes(namespaces, anyText(false))).map((namespace) => ({
    facts: { orchestrator: 'kubernetes', namespace, pod: 'pod', labels: new Map() },
    words: namespaces.length === 0 ? [] : [says('namespace', namespace, namespaces, 'another namespace')],
  }));
  if (pods.length > 0) {
    const names = asked.classes(pods, anyText(false));
    options = asked.bounded(options.flatMap((option) => names.map((pod) => ({
      facts: { ...option.facts, pod }, words: [...option.words, says('pod', pod, pods, 'another pod')],
    }))));
  }
  for (const key of keys) options = asked.bounded(options.flatMap(labelOptions(asked, key, labels)));
  const none: Option = { facts: { orchestrator: null, namespace: null, pod: null, labels: null }, words: ['outside Kubernetes'], isNone: true };
  const asksPod = asked.of('orchestratorType').length > 0;
  return [...options.map(({ facts, words }) => ({ facts, words: asksPod && words.length === 0 ? ['in Kubernetes'] : words })), none];
}

/** Options of one label, on top of what is known of the pod: each value that is told apart, and none. */
function labelOptions(asked: Asked, key: string, labels: readonly Condition[]): (option: Option) => readonly Option[] {
  const atoms = labels.map((condition) => (condition.kind === 'label' ? condition.values.filter((value) => value.key === key).map(({ pattern }) => pattern) : []));
  const given = asked.classes(atoms, anyText(true)).map((value) => {
    const words = matched(value, atoms).map((text) => `label ${key}:${text}`);
    return { value, words: words.length > 0 ? words : [`another label ${key}`] };
  });
  return ({ facts, words }) => {
    const known = facts.labels as ReadonlyMap<string, string>;
    return [
      ...given.map((one): Option => ({ facts: { ...facts, labels: new Map([...known, [key, one.value]]) }, words: [...words, ...one.words] })),
      { facts, words: [...words, `no label ${key}`] },
    ];
  };
}

function clusterOptions(asked: Asked, name: StaticText, fact: 'clusterId' | 'clusterName', what: string): readonly Option[] {
  const atoms = asked.texts(name);
  if (atoms.length === 0) return [{ facts: {}, words: [] }];
  const given = asked.classes(atoms, anyText(false)).map((value) => ({ facts: { [fact]: value }, words: [says(what, value, atoms, `another ${what}`)] }));
  return [...given, { facts: { [fact]: null }, words: [`no ${what}`], isNone: true }];
}

function says(what: string, value: string, atoms: readonly (readonly Pattern[])[], otherwise: string): string {
  const words = matched(value, atoms);
  return words.length === 0 ? otherwise : `${what} ${words.join(' and ')}`;
}

/** The values of the policies that match, as they have them; two are enough to know what is meant. */
function matched(value: string, atoms: readonly (readonly Pattern[])[]): readonly string[] {
  const texts = atoms.flatMap((values) => values.filter((pattern) => matchesText(pattern, value)).slice(0, 1).map(({ text }) => text));
  return [...new Set(texts)].slice(0, 2);
}

/** Options of which the same conditions hold are one: the first, which says if the others lack the fact. */
function merge(options: readonly Option[], conditions: readonly Condition[]): readonly Option[] {
  const found = new Map<string, Option>();
  for (const option of options) {
    const facts = { ...noFacts, ...option.facts };
    const key = conditions.map((condition) => (staticTruth(condition, facts) === true ? '1' : '0')).join('');
    const before = found.get(key);
    if (before === undefined) found.set(key, option);
    else if (option.isNone) found.set(key, { ...before, words: before.words.map((word) => (word.startsWith('another ') ? `${word} or none` : word)) });
  }
  return [...found.values()];
}

function optionsAt(groups: readonly (readonly Option[])[], index: number): readonly Option[] {
  let rest = index;
  return groups.map((options) => {
    const option = options[rest % options.length]!;
    rest = Math.floor(rest / options.length);
    return option;
  });
}
