import { openKernel, uninstall } from '#kernel';
import type { KernelPort } from './kernel-port.ts';

export async function openKernelPort(options: { readonly pinFolder: string | null; readonly observes: boolean }): Promise<KernelPort> {
  return openKernel(options);
}

/** Whether there was anything to remove. */
export function removeFromKernel(pinFolder: string): boolean {
  return uninstall(pinFolder);
}
