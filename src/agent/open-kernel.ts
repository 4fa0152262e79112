import { openKernel, uninstall } from '#kernel';
import type { KernelPort } from './kernel-port.ts';

export async function openKernelPort(options: { readonly pinFolder: string | null }): Promise<KernelPort> {
  return openKernel({ pinFolder: options.pinFolder });
}

/** Whether there was anything to remove. */
export function removeFromKernel(pinFolder: string): boolean {
  return uninstall(pinFolder);
}
