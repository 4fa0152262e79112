import type { OperationEvent } from '#events';
import type { DocumentInput } from './context.ts';
import { containerPhrase } from './container.ts';
import { pathBytes } from './file.ts';
import { processName } from './process.ts';
import { toText } from './text.ts';
import { actionOf, operationsOf } from './words.ts';

/** One sentence: what was tried, by what, in which container, what came of it, by which rule. */
export function messageOf(input: DocumentInput): string {
  const { event, judgement, container } = input;
  const who = actor(event);
  const where = containerPhrase(container, event.container);
  return `${who} in ${where} tried to ${attempt(event, judgement.pair)}: ${outcome(input)}${reason(input)}${again(input)}`;
}

/** Of a busybox or an interpreter the name that it goes by says more than the file that it is. */
function actor(event: OperationEvent): string {
  const { executable, self, euid } = event.process;
  const ids = `pid ${self.pid}, uid ${euid}`;
  const name = printable(toText(self.comm));
  if (executable === undefined) return `${printable(processName(event))} (${ids})`;
  const path = printable(toText(executable));
  const isSame = name === '' || processName(event).startsWith(name);
  return isSame ? `${path} (${ids})` : `${name} (${path}, ${ids})`;
}

function attempt(event: OperationEvent, index: number): string {
  const at = pathBytes(event.pairs[index]);
  const path = at === undefined ? unnamed(event, index) : printable(toText(at));
  const operations = operationsOf(event, index);
  const has = (name: (typeof operations)[number]): boolean => operations.includes(name);
  if (has('execMemFd')) return `run a program from memory${at === undefined ? '' : ` (${path})`}`;
  if (has('execDrift')) return `run code that is not of the image, ${path}`;
  if (has('exec')) return `run ${program(event)}`;
  if (has('fork')) return 'start a process';
  const how = means(event, index);
  if (has('createExecutable')) return `create the executable ${path}${how}`;
  if (has('modifyExecutable')) return `change the executable ${path}${how}`;
  if (has('deleteFile') && !has('createFile')) return `delete ${path}`;
  if (has('createFile')) return `create the file ${path}${how}`;
  return `change the file ${path}${how}`;
}

/** How it was tried, where that is not plain from the operation itself. */
function means(event: OperationEvent, index: number): string {
  const action = actionOf(event);
  const others = event.pairs.filter((_, i) => i !== index).map(pathBytes);
  const other = others.find((path) => path !== undefined);
  const from = other === undefined ? '' : ` with ${printable(toText(other))}`;
  if (action === 'rename') return ` by a rename${from}`;
  if (action === 'link') return ` by a link${from}`;
  if (action === 'chmod') return ` by a change of its mode to ${(event.file.newMode & 0o7777).toString(8)}`;
  if (action === 'truncate') return ' by truncating it';
  return '';
}

/** What is executed is the process itself by then. */
function program(event: OperationEvent): string {
  const { executable } = event.process;
  return executable === undefined ? 'a program without a path' : printable(toText(executable));
}

function unnamed(event: OperationEvent, index: number): string {
  return event.pairs[index]?.paths.kind === 'unknown' ? '(path not known)' : '(a file without a path)';
}

function outcome({ event, judgement }: DocumentInput): string {
  if (event.denied) return 'denied';
  if (judgement.wouldDeny) return 'let through, would be denied without mode monitor';
  return judgement.late ? 'let through, its container was not known yet' : 'let through';
}

function reason({ judgement }: DocumentInput): string {
  const { rule, matchedSelectors } = judgement;
  if (rule === undefined) return ', by a policy that is no longer in force';
  const line = rule.line === undefined ? '' : `:${rule.line}`;
  const name = rule.name === undefined ? '' : ` "${rule.name}"`;
  const plural = matchedSelectors.length > 1 ? 'selectors' : 'selector';
  const selectors = matchedSelectors.length === 0 ? '' : ` (${plural} ${matchedSelectors.join(', ')})`;
  return `, by the rule${name} at ${rule.file}${line}${selectors}`;
}

function again({ repeats }: DocumentInput): string {
  if (repeats === undefined) return '';
  const seconds = Number((repeats.lastNs - repeats.firstNs) / 1_000_000_000n);
  const within = repeats.count === 1 ? '' : seconds === 0 ? ' within a second' : ` within ${seconds} s`;
  return `; ${repeats.count === 1 ? 'once' : `${repeats.count} times`} more${within}`;
}

/** A path can hold line ends and terminal sequences: a sentence must not. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    return `\\u{${character.codePointAt(0)!.toString(16)}}`;
  });
}
