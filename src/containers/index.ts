/**
 * containers: who is cgroup N. Sources tell of containers, the registry keeps what they told. It knows
 * facts about containers, and nothing of policies, tables or events.
 */
export { isKnown } from './model.ts';
export type { Container, ContainerSink, ContainerSource, ExpectedContainer } from './model.ts';
export { openMemory } from './memory.ts';
export type { ContainerMemory } from './memory.ts';
export { openRegistry } from './registry.ts';
export type { Registry, RegistryOptions } from './registry.ts';
export { staticSource } from './static-source.ts';
export type { StaticContainer, StaticSource } from './static-source.ts';
export { cgroupIdOf, cgroupOfProcess, cgroupPathOfSpec, findCgroupRoot, listCgroupIds } from './cgroup.ts';
export { cgroupForms, recognise } from './cgroup-forms.ts';
export type { CgroupForm } from './cgroup-forms.ts';
export { decodeMessage, encodeTexts } from './containerd/wire.ts';
export { containerdSource, findContainerd } from './containerd/source.ts';
