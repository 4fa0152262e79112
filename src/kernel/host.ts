/** What this host can do: the kernel's LSMs, type information, hooks, file systems; and what to change. */
import { existsSync, readFileSync } from 'node:fs';
import { release, version } from 'node:os';
import { Failure } from '#base';
import { addon } from './addon.ts';

export interface HostCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** What to do if it is not. */
  readonly help?: string;
}

export interface HostReport {
  readonly release: string;
  readonly checks: readonly HostCheck[];
  /** Everything that is needed is there. */
  readonly ok: boolean;
}

const neededHooks = [
  'path_mknod', 'path_symlink', 'path_unlink', 'path_link', 'path_rename', 'path_chmod', 'path_truncate', 'file_open', 'inode_setxattr',
  'bprm_check_security', 'bprm_creds_from_file', 'bprm_committed_creds', 'mmap_file', 'file_mprotect', 'task_alloc',
];

/** Hooks that not every kernel has; without one an older hook sees what it sees. */
export const optionalHooks = ['file_truncate', 'inode_set_acl'] as const;
/** Hooks that judge and can deny. */
export const judgingHooks: readonly string[] = [...neededHooks, ...optionalHooks];

/** What else programs are attached to. */
const neededFunctions = [
  'bpf_lsm_d_instantiate', 'bpf_lsm_bpf_map', 'bpf_lsm_bpf_prog', 'bpf_lsm_sb_umount', 'bpf_lsm_task_kill',
  'bpf_lsm_ptrace_access_check', 'mnt_drop_write',
];
let known: ReadonlyMap<string, boolean> | undefined;

/** Whether this kernel has a hook that programs can be attached to. Its types are read once: that takes time. */
export function hasHook(hook: string): boolean {
  return hasFunction(functionOf(hook));
}

const functionOf = (hook: string): string => `bpf_lsm_${hook}`;

function hasFunction(name: string): boolean {
  if (known === undefined) {
    const names = [...judgingHooks.map(functionOf), ...neededFunctions];
    const has = addon().kernelHas(names);
    known = new Map(names.map((one, i) => [one, has[i]!]));
  }
  return known.get(name) ?? false;
}

export function probeHost(): HostReport {
  const checks = [checkLsm(), checkBtf(), checkHooks(), checkPreemption(), checkCgroups(), checkUser()];
  return { release: release(), checks, ok: checks.every((check) => check.ok) };
}

function checkLsm(): HostCheck {
  const file = '/sys/kernel/security/lsm';
  const list = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  return {
    name: 'lsm',
    ok: list?.split(',').includes('bpf') ?? false,
    found: list ?? `${file} is not there`,
    help:
      list === undefined
        ? 'mount it: `mount -t securityfs securityfs /sys/kernel/security`'
        : `add \`lsm=${list === '' ? 'bpf' : `${list},bpf`}\` to the kernel's command line and boot again`,
  };
}

function checkBtf(): HostCheck {
  const ok = existsSync('/sys/kernel/btf/vmlinux');
  return { name: 'btf', ok, found: ok ? 'there' : 'not there', help: 'a kernel built with CONFIG_DEBUG_INFO_BTF' };
}

function checkHooks(): HostCheck {
  const help = 'a kernel built with CONFIG_BPF_LSM and CONFIG_SECURITY_PATH, 6.1 or later';
  try {
    const missing = [...neededHooks.filter((hook) => !hasHook(hook)), ...neededFunctions.filter((name) => !hasFunction(name))];
    const found = missing.length === 0 ? 'all' : `missing: ${missing.join(', ')}`;
    return { name: 'hooks', ok: missing.length === 0, found, help };
  } catch (error) {
    return { name: 'hooks', ok: false, found: (error as Error).message, help };
  }
}

function checkPreemption(): HostCheck {
  const read = (file: string): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  return judgePreemption({
    release: release(),
    version: version(),
    commandLine: read('/proc/cmdline'),
    debug: read('/sys/kernel/debug/sched/preempt'),
  });
}

export interface PreemptionFacts {
  readonly release: string;
  readonly version: string;
  readonly commandLine: string;
  /** Of debugfs: the models, the one in force in brackets; empty if it is not mounted. */
  readonly debug: string;
}

/**
 * Before 6.2 a program is skipped while the same one of a task that was preempted within it has not ended on that
 * CPU: with full preemption an operation could pass unseen.
 */
export function judgePreemption({ release: kernel, version: build, commandLine, debug }: PreemptionFacts): HostCheck {
  const [major = 0, minor = 0] = kernel.split('.').map(Number);
  const dynamic = /\((\w+)\)/.exec(debug)?.[1] ?? /(?:^|\s)preempt=(\w+)/.exec(commandLine)?.[1] ?? 'not told';
  const found = / PREEMPT_DYNAMIC /.test(build) ? dynamic : / PREEMPT(?:_RT)? /.test(build) ? 'full' : 'voluntary';
  return {
    name: 'preemption',
    ok: major > 6 || (major === 6 && minor >= 2) || found !== 'full',
    found,
    help: 'boot with `preempt=voluntary`, or a kernel from 6.2 on',
  };
}

function checkCgroups(): HostCheck {
  const mounts = existsSync('/proc/self/mounts') ? readFileSync('/proc/self/mounts', 'utf8') : '';
  const ok = mounts.split('\n').some((line) => line.split(' ')[2] === 'cgroup2');
  return { name: 'cgroup2', ok, found: ok ? 'mounted' : 'not mounted', help: 'mount it: `mount -t cgroup2 cgroup2 /sys/fs/cgroup`' };
}

function checkUser(): HostCheck {
  const user = process.geteuid?.();
  return { name: 'root', ok: user === 0, found: `user ${user}`, help: 'run it as root' };
}

/** Nothing is missing but the LSM that can refuse: what happens can be observed. */
export function canObserve(report: HostReport): boolean {
  return report.checks.every(({ name, ok }) => ok || name === 'lsm');
}

/** Throws what is missing, all of it, with what to do. */
export function requireHost(report: HostReport): void {
  const missing = report.checks.filter((check) => !check.ok);
  if (missing.length === 0) return;
  throw new Failure('host', `this host can't enforce: ${missing.map(({ name, found }) => `${name}: ${found}`).join('; ')}`, {
    help: missing.map(({ help }) => help).join('; '),
  });
}
