import { parseImageReference } from '#base';
import { quote } from '../finding.ts';
import type { ConditionName } from '../vocabulary.ts';
import { kindOf } from '../patterns/selector-covers.ts';
import { isCommaList } from './comma-in-value.ts';
import { isTypographic } from './quotes-in-value.ts';
import { allSelectors, keyOf } from './rule.ts';
import type { Rule } from './rule.ts';
import { valuesOf } from './values.ts';
import type { Value } from './values.ts';

/** Why a value can never match, and what would. */
interface Never {
  readonly what: string;
  readonly advice: string;
}

/** A value of a form that no image, tag, label or name has. */
export const impossibleValue: Rule = (draft, report) => {
  for (const selector of allSelectors(draft)) {
    for (const condition of selector.selector.conditions) {
      const look = checks[condition.name];
      if (look === undefined) continue;
      for (const value of valuesOf(condition)) {
        if (isTypographic(value) || isCommaList(value, kindOf(condition.name))) continue;
        const never = look(value);
        if (never !== null)
          report('P6005', value.span, {
            key: quote(keyOf(selector, condition.name)),
            value: quote(value.text),
            ...never,
          });
      }
    }
  }
};

type Check = (value: Value) => Never | null;

const checks: Partial<Record<ConditionName, Check>> = {
  containerImageName: imageName,
  containerImageFullName: fullName,
  containerImageTag: tag,
  kubernetesNamespace: (value) =>
    kubernetesName(value, /[^a-z0-9-]/, 'a namespace has lower-case letters, digits and `-` only'),
  kubernetesPodName: (value) =>
    kubernetesName(
      value,
      /[^a-z0-9.-]/,
      'the name of a pod has lower-case letters, digits, `.` and `-` only',
    ),
  kubernetesPodLabel: label,
  processName: (value) => baseName(value, 'processExecutable'),
  sessionLeaderName: (value) => baseName(value, undefined),
};

function imageName({ text }: Value): Never | null {
  if (/[:@]/.test(text))
    return withTag(text, (name) => name.slice(name.lastIndexOf('/') + 1), 'containerImageName');
  if (text.includes('/')) {
    const last = text.slice(text.lastIndexOf('/') + 1);
    const full = parseImageReference(text)?.fullName ?? text;
    const advice = `write ${quote(last === '' ? '*' : last)}, or ${quote(`containerImageFullName: ${full}`)}`;
    return { what: 'it is the last component of the repository, which has no `/`', advice };
  }
  return lowerCase(text, 'names of images are in lower case');
}

function fullName({ text }: Value): Never | null {
  const isLiteral = !text.includes('*');
  if (text.includes('@') || /\/[^*]*:/.test(text) || (/:[^/*]*$/.test(text) && isLiteral)) {
    return withTag(text, (name) => normalName(name), 'containerImageFullName');
  }
  const slash = text.indexOf('/');
  const first = slash < 0 ? text : text.slice(0, slash);
  if (first.includes('*')) return null;
  const normal = normalName(text);
  const isDocker = first === 'docker.io' && !isLiteral;
  if (normal === text || isDocker)
    return lowerCase(text, 'names of repositories are in lower case', slash + 1);
  return {
    what: 'the full name is registry and repository, as Docker completes it',
    advice: `write ${quote(normal)}`,
  };
}

/** The full name with registry and namespace; wildcards are letters like others. */
function normalName(text: string): string {
  const stood = text.replaceAll('*', 'x0x');
  return parseImageReference(stood)?.fullName.replaceAll('x0x', '*') ?? text;
}

/** `name:tag` and `name@digest` taken apart. */
function withTag(text: string, normal: (name: string) => string, key: string): Never {
  const [named = '', digest] = text.split('@');
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const name = quote(`${key}: ${normal(colon < 0 ? named : named.slice(0, colon))}`);
  if (digest !== undefined)
    return {
      what: 'it has a digest',
      advice: `write ${name}: an image cannot be selected by its digest`,
    };
  const given = quote(`containerImageTag: ${colon < 0 ? '…' : named.slice(colon + 1)}`);
  return { what: 'it has a tag', advice: `write ${name} and ${given}` };
}

/** `from`: what stands before may have capital letters. */
function lowerCase(text: string, what: string, from = 0): Never | null {
  const lower = text.slice(0, from) + text.slice(from).toLowerCase();
  return lower === text ? null : { what, advice: `write ${quote(lower)}` };
}

function tag({ text }: Value): Never | null {
  if (!/[^A-Za-z0-9_.*-]/.test(text)) return null;
  const last = text.slice(text.lastIndexOf(':') + 1);
  const isTagged = text.includes(':') && !/@|^sha\d+:/.test(text) && last !== '';
  const advice = isTagged
    ? `write ${quote(last)}`
    : 'write the tag alone, as `latest`; an image cannot be selected by its digest';
  return { what: 'a tag has letters, digits, `_`, `.` and `-` only', advice };
}

function kubernetesName({ text }: Value, strange: RegExp, what: string): Never | null {
  const bare = text.replaceAll('*', '');
  if (!strange.test(bare)) return null;
  const lower = text.toLowerCase();
  const advice = strange.test(lower.replaceAll('*', ''))
    ? 'write a name of that form'
    : `write ${quote(lower)}`;
  return { what, advice };
}

function label({ label: key = '', pattern }: Value): Never | null {
  const value = pattern?.text ?? '';
  if (/[^A-Za-z0-9_./-]/.test(key)) {
    return {
      what: 'the key of a label has letters, digits, `.`, `_`, `-` and one `/` only',
      advice: 'write the key as the pod has it',
    };
  }
  if (value.includes(':')) {
    const advice = `the first colon ends the key: write ${quote(`${key}:${value.slice(value.lastIndexOf(':') + 1)}`)}, or each label as a value of its own`;
    return { what: "a label's value has no colon", advice };
  }
  if (!/[^A-Za-z0-9_.*-]/.test(value)) return null;
  const trimmed = value.trim();
  const advice = /[^A-Za-z0-9_.*-]/.test(trimmed)
    ? 'write the value as the pod has it'
    : `write ${quote(`${key}:${trimmed}`)}`;
  return { what: "a label's value has letters, digits, `.`, `_` and `-` only", advice };
}

function baseName({ text }: Value, pathKey: string | undefined): Never | null {
  if (!text.includes('/')) return null;
  const last = text.slice(text.lastIndexOf('/') + 1);
  const name = `write ${quote(last === '' ? '*' : last)}`;
  const advice = pathKey === undefined ? name : `${name}, or ${quote(`${pathKey}: ${text}`)}`;
  return { what: 'it is the name of a file, which has no `/`', advice };
}
