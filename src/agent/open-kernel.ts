import { openKernel } from '#kernel';
import type { KernelPort } from './kernel-port.ts';

export async function openKernelPort(options: { readonly pinFolder: string | null }): Promise<KernelPort> {
  return openKernel({ pinFolder: options.pinFolder });
}
