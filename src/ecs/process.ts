import type { EventTask, OperationEvent } from '#events';
import type { DocumentInput, Json } from './context.ts';
import { hashText } from './hash.ts';
import { basename, isUtf8, toBase64, toText, toTimestamp } from './text.ts';

/** `process` of a document: who acted, and the families that it belongs to. */
export function processFields(input: DocumentInput): { readonly [key: string]: Json } {
  const { process } = input.event;
  const executable = process.executable && toText(process.executable);
  const args = process.args.map(toText);
  return {
    ...task(input, process.self),
    name: processName(input.event),
    ...(executable === undefined ? {} : { executable }),
    ...(args.length === 0 ? {} : { args, args_count: args.length, command_line: args.join(' ') }),
    interactive: process.interactive,
    thread: { id: process.tid },
    user: { id: String(process.euid) },
    group: { id: String(process.egid) },
    ...relative(input, 'parent', process.parent),
    ...relative(input, 'group_leader', process.groupLeader),
    ...relative(input, 'session_leader', process.sessionLeader),
    ...entryLeader(input, process.entryLeader),
  };
}

/** What `d4c.process` adds: ids as the container sees them, and what ECS has no field for. */
export function ownProcessFields(event: OperationEvent): { readonly [key: string]: Json } {
  const { process } = event;
  const lossy = process.executable !== undefined && !isUtf8(process.executable);
  return {
    container_pid: process.namespacePid,
    container_user: String(process.containerUid),
    container_group: String(process.containerGid),
    pid_ns_ino: String(process.pidNamespace),
    mnt_ns_ino: String(process.mountNamespace),
    ...(process.argsCut ? { args_truncated: true } : {}),
    ...(lossy ? { executable_base64: toBase64(process.executable!) } : {}),
  };
}

/** By its executable; by its kernel name, of at most 15 bytes, where that is not known. */
export function processName(event: OperationEvent): string {
  const { executable, self } = event.process;
  return executable === undefined ? toText(self.comm) : basename(toText(executable));
}

function task(input: DocumentInput, it: EventTask): { readonly [key: string]: Json } {
  return {
    pid: it.pid,
    start: toTimestamp(input.bootEpochNs + it.startNs),
    entity_id: hashText(`${input.host.bootId}\n${it.pid}\n${it.startNs}`),
  };
}

function relative(
  input: DocumentInput,
  name: string,
  it: EventTask | undefined,
): { readonly [key: string]: Json } {
  if (it === undefined) return {};
  const { self } = input.event.process;
  const same = it.pid === self.pid && it.startNs === self.startNs;
  const known = it.comm.length === 0 ? {} : { name: toText(it.comm) };
  const itself = name === 'parent' ? {} : { same_as_process: same };
  return { [name]: { ...task(input, it), ...known, ...itself } };
}

function entryLeader(input: DocumentInput, it: EventTask | undefined): { readonly [key: string]: Json } {
  const fields = relative(input, 'entry_leader', it)['entry_leader'] as { [key: string]: Json } | undefined;
  return fields === undefined ? {} : { entry_leader: { ...fields, entry_meta: { type: 'container' } } };
}
