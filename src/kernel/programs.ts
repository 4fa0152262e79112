/** The BPF object: which of its programs this kernel can take, how large its maps are, loading it. */
import { Failure } from '#base';
import { addon } from './addon.ts';
import type { Addon, AddonError, MapHandle, ObjectHandle, ProgramFacts } from './addon.ts';
import { hasHook, judgingHooks, optionalHooks } from './host.ts';
import { alertsRingBytes, cellsMax, containersMax, mountsMax, scratchMax, scratchPerCpu, telemetryRingBytes } from './limits.ts';

export const findHost = 'd4c_find_host';
export const adoptTasks = 'd4c_adopt_tasks';

/** What is run or takes another's place is not attached to anything. */
export const isAttached = (name: string): boolean => name !== findHost && name !== 'd4c_core';

/** Program `d4c_path_mknod` at `lsm/path_mknod` is hook `path_mknod`; what judges nothing is none. */
export function hookOf(section: string): string | undefined {
  return judgingHooks.find((hook) => section === `lsm/${hook}` || section === observingSection(hook));
}

/** Where the same program only observes: before the kernel's own function for the hook. */
const observingSection = (hook: string): string => `fentry/security_${hook === 'bprm_check_security' ? 'bprm_check' : hook}`;

/** Whether a program asks the core, which is attached to it before it is attached itself. */
export const asksCore = (section: string): boolean => section.startsWith('lsm/') && hookOf(section) !== undefined;

/** The programs that this kernel takes and that are attached by themselves. */
export function programsOf(native: Addon, file: string): readonly Pick<ProgramFacts, 'name' | 'section'>[] {
  const object = native.openObject(file);
  try {
    const lacking = new Set<string>(optionalHooks.filter((hook) => !hasHook(hook)).map((hook) => `lsm/${hook}`));
    return native.programs(object).filter(({ name, section }) => isAttached(name) && !lacking.has(section));
  } finally {
    native.close(object);
  }
}

export interface LoadOptions {
  readonly file: string;
  /** Maps that exist already and go on being used, by name. */
  readonly shared: ReadonlyMap<string, MapHandle>;
}

/** An object that is being loaded in a thread, for whoever wants it next. */
let early: { readonly file: string; readonly object: ObjectHandle } | undefined;

/** Begins to load an object with maps of its own: the verifier takes its time, and others can use it. */
export function beginLoading(native: Addon, file: string): void {
  if (early !== undefined) return;
  const object = prepareObject(native, { file, shared: new Map() });
  native.startLoad(object);
  early = { file, object };
}

export function loadObject(native: Addon, options: LoadOptions): ObjectHandle {
  const object = takeEarly(native, options) ?? prepareObject(native, options);
  try {
    native.loadObject(object);
    return object;
  } catch (cause) {
    native.close(object);
    throw loadFailure(cause);
  }
}

/** What was begun and is not wanted after all. */
export function dropEarly(): void {
  if (early !== undefined) addon().close(early.object);
  early = undefined;
}

function takeEarly(native: Addon, options: LoadOptions): ObjectHandle | undefined {
  const taken = early;
  early = undefined;
  if (taken === undefined) return undefined;
  if (taken.file === options.file && options.shared.size === 0) return taken.object;
  native.close(taken.object);
  return undefined;
}

function prepareObject(native: Addon, options: LoadOptions): ObjectHandle {
  const object = native.openObject(options.file);
  try {
    const scratch = Math.min(scratchMax, Math.max(8, native.possibleCpus() * scratchPerCpu));
    native.setMaxEntries(object, 'd4c_cells', cellsMax);
    native.setMaxEntries(object, 'd4c_slots', containersMax);
    native.setMaxEntries(object, 'd4c_containers', containersMax);
    native.setMaxEntries(object, 'd4c_mounts', mountsMax);
    native.setMaxEntries(object, 'd4c_container_lost', containersMax);
    native.setMaxEntries(object, 'd4c_alerts', alertsRingBytes);
    native.setMaxEntries(object, 'd4c_telemetry', telemetryRingBytes);
    native.setMaxEntries(object, 'd4c_scratch', scratch);
    native.setConstant(object, 'd4c_scratch_count', scratch);
    for (const [name, map] of options.shared) native.reuseMap(object, name, map);
    for (const hook of optionalHooks) if (!hasHook(hook)) native.setAutoload(object, `d4c_${hook}`, false);
    return object;
  } catch (cause) {
    native.close(object);
    throw loadFailure(cause);
  }
}

function loadFailure(cause: unknown): unknown {
  const { code, message, log } = cause as AddonError;
  if (code !== 'D4C_LOAD' && code !== 'D4C_BTF') return cause;
  const last = log?.trim().split('\n').slice(-3).join('; ');
  return new Failure('host', last === undefined ? message : `${message} (${last})`, {
    help: 'run `d4c doctor`',
    cause,
  });
}
