/** A form that a runtime gives to the paths of its containers' cgroups. */
export interface CgroupForm {
  readonly runtime: string;
  /** On the whole path; the group `id` is the container's. */
  readonly path: RegExp;
  readonly example: string;
}

/**
 * Facts about runtimes, with their systemd and cgroupfs drivers. The monitors that run beside a container
 * (`libpod-conmon-…`, `crio-conmon-…`) are host software and match none.
 */
export const cgroupForms: readonly CgroupForm[] = [
  {
    runtime: 'docker',
    path: /\/docker-(?<id>[0-9a-f]{64})\.scope$/,
    example: `/system.slice/docker-${'0a'.repeat(32)}.scope`,
  },
  { runtime: 'docker', path: /\/docker\/(?<id>[0-9a-f]{64})$/, example: `/docker/${'0a'.repeat(32)}` },
  {
    runtime: 'containerd',
    path: /\/cri-containerd-(?<id>[0-9a-f]{64})\.scope$/,
    example: `/system.slice/cri-containerd-${'0a'.repeat(32)}.scope`,
  },
  {
    runtime: 'cri-o',
    path: /\/crio-(?<id>[0-9a-f]{64})(?:\.scope)?$/,
    example: `/kubepods.slice/kubepods-pod1.slice/crio-${'0a'.repeat(32)}.scope`,
  },
  {
    runtime: 'podman',
    path: /\/libpod-(?<id>[0-9a-f]{64})(?:\.scope)?$/,
    example: `/libpod_parent/libpod-${'0a'.repeat(32)}`,
  },
  {
    runtime: 'kubernetes',
    path: /^\/kubepods(?:\/besteffort|\/burstable)?\/pod[0-9A-Za-z_-]+\/(?<id>[0-9a-f]{64})$/,
    example: `/kubepods/besteffort/pod5d1c9d3e-0f5a-4a6e-8f5e-1b2c3d4e5f60/${'0a'.repeat(32)}`,
  },
  {
    runtime: 'containerd',
    path: /^\/(?:default|k8s\.io)\/(?<id>[0-9A-Za-z][0-9A-Za-z_.-]*)$/,
    example: '/default/web',
  },
  {
    runtime: 'nerdctl',
    path: /\/nerdctl-(?<id>[0-9a-f]{64})\.scope$/,
    example: `/system.slice/nerdctl-${'0a'.repeat(32)}.scope`,
  },
  {
    runtime: 'runc',
    path: /\/runc-(?<id>[0-9A-Za-z][0-9A-Za-z_.+-]*)\.scope$/,
    example: '/system.slice/runc-web.scope',
  },
  {
    runtime: 'crun',
    path: /\/crun-(?<id>[0-9A-Za-z][0-9A-Za-z_.+-]*)\.scope$/,
    example: '/system.slice/crun-web.scope',
  },
];

/** The container that a cgroup is by its path alone, if its path has a runtime's form. */
export function recognise(cgroupPath: string): { readonly id: string; readonly runtime: string } | undefined {
  for (const form of cgroupForms) {
    const id = form.path.exec(cgroupPath)?.groups?.['id'];
    if (id !== undefined) return { id, runtime: form.runtime };
  }
  return undefined;
}
