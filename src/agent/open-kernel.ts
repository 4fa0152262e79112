import { openKernel, uninstall } from '#kernel';
import type { KernelPort } from './kernel-port.ts';

export async function openKernelPort(options: { readonly pinFolder: string | null }): Promise<KernelPort> {
  return openKernel({ pinFolder: options.pinFolder });
}

export async function removeFromKernel(pinFolder: string): Promise<void> {
  await uninstall(pinFolder);
}
