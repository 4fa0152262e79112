/**
 * ecs: one event, with what is known of its container, host and rule → one ECS document. Pure, and free of
 * Node. It knows no policy, no kernel and no output; field names are those of the integration's lists.
 */
export { ecsVersion, toDocument } from './document.ts';
export type {
  AgentFacts,
  DocumentInput,
  EcsDocument,
  HostFacts,
  Json,
  Judgement,
  RepeatFacts,
  Rule,
  Stream,
} from './context.ts';
