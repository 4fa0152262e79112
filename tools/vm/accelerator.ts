/** Whether guests run on the processor itself (KVM) or are emulated (TCG). */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, contentKey } from './files.ts';

export type Accelerator = 'kvm' | 'tcg';

/**
 * /dev/kvm can be there, open, and still be of no use; only a guest that boots is proof. `probe` boots
 * one under KVM; what it found holds until this host boots again.
 */
export async function chooseAccelerator(probe: () => Promise<boolean>): Promise<Accelerator> {
  if (!kvmMayWork()) return 'tcg';
  const key = contentKey([{ file: '/proc/sys/kernel/random/boot_id' }, cpuModel(readFileSync('/proc/cpuinfo', 'utf8'))]);
  const file = join(cacheFolder, `accelerator-${key}`);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim() === 'kvm' ? 'kvm' : 'tcg';
  const found = await probe() ? 'kvm' : 'tcg';
  mkdirSync(cacheFolder, { recursive: true });
  writeFileSync(file, `${found}\n`);
  return found;
}

function kvmMayWork(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return false;
  }
  return hasVirtualization(readFileSync('/proc/cpuinfo', 'utf8'));
}

export function hasVirtualization(cpuinfo: string): boolean {
  return /^flags\s*:.*\b(vmx|svm)\b/m.test(cpuinfo);
}

/** Part of a snapshot's key under KVM: the guest has seen this processor. */
export function cpuModel(cpuinfo: string): string {
  return /^model name\s*:\s*(.*)$/m.exec(cpuinfo)?.[1] ?? 'unknown';
}
