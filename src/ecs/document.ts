import type { DocumentInput, EcsDocument, Json } from './context.ts';
import { containerFields, hostFields, orchestratorFields } from './container.ts';
import { fileFields, ownFileFields } from './file.ts';
import { messageOf } from './message.ts';
import { ownProcessFields, processFields } from './process.ts';
import { toTimestamp } from './text.ts';
import { actionOf, categoryOf, operationsOf, typesOf } from './words.ts';

/** The version of the schema that the fields are named by. */
export const ecsVersion = '8.17.0';

/** The document of one operation for one stream. */
export function toDocument(input: DocumentInput): EcsDocument {
  const { event, stream, host } = input;
  return {
    '@timestamp': toTimestamp(input.bootEpochNs + event.timeNs),
    message: messageOf(input),
    ecs: { version: ecsVersion },
    data_stream: { type: 'logs', dataset: `cloud_defend.${stream}`, namespace: input.namespace },
    event: eventFields(input),
    ...ruleFields(input),
    cloud_defend: {
      matched_selectors: input.judgement.matchedSelectors,
      ...(stream === 'alerts' ? {} : { hook_point: `lsm/${event.hook}` }),
    },
    d4c: ownFields(input),
    ...(hasFile(input) ? { file: fileFields(event, input.judgement.pair) } : {}),
    process: processFields(input),
    user: { id: String(event.process.euid) },
    group: { id: String(event.process.egid) },
    ...containerFields(input.container),
    ...orchestratorFields(input.container),
    ...hostFields(host),
    agent: {
      id: input.agent.id,
      ephemeral_id: input.agent.ephemeralId,
      name: input.agent.name,
      type: 'd4c',
      version: input.agent.version,
    },
  };
}

function eventFields({ event, stream, judgement, repeats, bootEpochNs }: DocumentInput): { readonly [key: string]: Json } {
  const severity = judgement.rule?.severity;
  return {
    id: repeats?.id ?? event.id,
    kind: stream === 'alerts' ? 'alert' : 'event',
    module: 'cloud_defend',
    dataset: `cloud_defend.${stream}`,
    category: [categoryOf(event)],
    type: typesOf(event, judgement.pair),
    action: actionOf(event),
    outcome: event.denied ? 'failure' : 'unknown',
    ...(severity === undefined ? {} : { severity }),
    ...(repeats === undefined ? {} : {
      start: toTimestamp(bootEpochNs + repeats.firstNs),
      end: toTimestamp(bootEpochNs + repeats.lastNs),
    }),
  };
}

function ruleFields({ judgement: { rule } }: DocumentInput): { readonly [key: string]: Json } {
  if (rule === undefined) return {};
  const fields = {
    ...(rule.name === undefined ? {} : { name: rule.name }),
    ...(rule.description === undefined ? {} : { description: rule.description }),
    ...(rule.reference === undefined ? {} : { reference: rule.reference }),
    ...(rule.policy === undefined ? {} : { ruleset: rule.policy }),
  };
  return Object.keys(fields).length === 0 ? {} : { rule: fields };
}

function ownFields({ event, judgement, container, repeats }: DocumentInput): { readonly [key: string]: Json } {
  const { rule } = judgement;
  return {
    operations: operationsOf(event, judgement.pair),
    actions: event.actions.map((name) => (name === 'wouldBlock' ? 'would_block' : name)),
    would_deny: judgement.wouldDeny,
    ...(judgement.late ? { late: true } : {}),
    ...(rule === undefined ? {} : { rule: { file: rule.file, ...(rule.line ? { line: rule.line } : {}) } }),
    cgroup: {
      id: event.container.toString(),
      ...(container === undefined ? {} : { path: container.cgroupPath }),
    },
    cpu: event.cpu,
    sequence: event.sequence.toString(),
    ...(event.pairs.length === 0 ? {} : { file: ownFileFields(event, judgement.pair) }),
    process: ownProcessFields(event),
    ...(repeats === undefined ? {} : { repeats: { count: repeats.count, of: repeats.of } }),
  };
}

/** What is forked has no file; what runs from memory has one without a path. */
function hasFile({ event, judgement }: DocumentInput): boolean {
  return event.hook !== 'task_alloc' && event.pairs[judgement.pair] !== undefined;
}
