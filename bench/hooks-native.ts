/** The addon's functions for whole objects, which the kernel layer keeps to itself. */
import { createRequire } from 'node:module';
import { join } from 'node:path';

export const root = new URL('..', import.meta.url).pathname;
export const buildFolder = join(root, 'build');
/** What this benchmark makes and the guest reads. */
export const benchFolder = join(buildFolder, 'bench');
export const productObject = join(buildFolder, 'd4c.bpf.o');
export const emptyObject = join(benchFolder, 'empty.bpf.o');

export interface Program {
  readonly name: string;
  readonly section: string;
  /** Instructions that the verifier went through; 0: not loaded. */
  readonly verified: number;
}

interface Native {
  openObject(path: string): object;
  setAutoload(object: object, program: string, load: boolean): void;
  loadObject(object: object): void;
  programs(object: object): readonly Program[];
  attach(object: object, program: string): object;
  kernelHas(functions: readonly string[]): readonly boolean[];
  close(handle: object): void;
}

export function native(): Native {
  return createRequire(import.meta.url)(join(buildFolder, 'd4c.node')) as Native;
}

/** Those that stay attached to something that tasks come by. */
export function hookPrograms(programs: readonly Program[]): readonly Program[] {
  return programs.filter(({ section }) => /^(lsm|fentry|fexit|tp_btf|raw_tp|kprobe|kretprobe|tracepoint|tp)(\.s)?\//.test(section));
}

/** Loads an object with maps as small as they come; programs for hooks that this kernel does not have are left out. */
export function load(file: string): { readonly object: object; readonly programs: readonly Program[] } {
  const addon = native();
  const object = addon.openObject(file);
  for (const { name, section } of hookPrograms(addon.programs(object))) {
    const hook = /^lsm(?:\.s)?\/(.*)/.exec(section)?.[1];
    if (hook !== undefined && !addon.kernelHas([`bpf_lsm_${hook}`])[0]) addon.setAutoload(object, name, false);
  }
  addon.loadObject(object);
  return { object, programs: addon.programs(object).filter(({ verified }) => verified > 0) };
}
