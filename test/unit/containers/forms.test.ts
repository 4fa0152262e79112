import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupForms, cgroupPathOfSpec, recognise } from '#containers';

const id = '0a'.repeat(32);

test('every form recognises its own example, and no form an example as another runtime', () => {
  assert.ok(cgroupForms.length >= 10);
  for (const form of cgroupForms) assert.equal(recognise(form.example)?.runtime, form.runtime, form.example);
});

test('the paths that runtimes were seen to give', () => {
  const seen: readonly (readonly [string, string, string])[] = [
    [`/system.slice/docker-${id}.scope`, 'docker', id],
    [`/docker/${id}`, 'docker', id],
    [`/system.slice/cri-containerd-${id}.scope`, 'containerd', id],
    [`/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/cri-containerd-${id}.scope`, 'containerd', id],
    [`/kubepods/besteffort/pod5d1c9d3e-0f5a-4a6e-8f5e-1b2c3d4e5f60/${id}`, 'kubernetes', id],
    [`/kubepods/pod5d1c9d3e/${id}`, 'kubernetes', id],
    [`/libpod_parent/libpod-${id}`, 'podman', id],
    [`/machine.slice/libpod-${id}.scope`, 'podman', id],
    [`/kubepods.slice/kubepods-pod1.slice/crio-${id}.scope`, 'cri-o', id],
    ['/default/web-1', 'containerd', 'web-1'],
    [`/k8s.io/${id}`, 'containerd', id],
    ['/system.slice/runc-web.scope', 'runc', 'web'],
  ];
  for (const [path, runtime, container] of seen) assert.deepEqual(recognise(path), { id: container, runtime }, path);
});

test('what is no container, or runs beside one, is not taken for one', () => {
  const others = [
    '/', '/system.slice', '/system.slice/docker.service', '/system.slice/containerd.service', '/default',
    `/machine.slice/libpod-conmon-${id}.scope`, `/kubepods.slice/crio-conmon-${id}.scope`,
    '/kubepods', '/kubepods/besteffort', '/kubepods/besteffort/pod1', '/user.slice/user-0.slice/session-1.scope',
    `/system.slice/docker-${id}.scope/init`, '/docker/short',
  ];
  for (const path of others) assert.equal(recognise(path), undefined, path);
});

test('the path of a specification, with either driver', () => {
  assert.equal(cgroupPathOfSpec('/default/web'), '/default/web');
  assert.equal(cgroupPathOfSpec('system.slice:cri-containerd:web'), '/system.slice/cri-containerd-web.scope');
  assert.equal(
    cgroupPathOfSpec('kubepods-burstable-pod1.slice:cri-containerd:web'),
    '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-web.scope',
  );
  assert.equal(cgroupPathOfSpec(':runc:web'), '/system.slice/runc-web.scope');
  assert.equal(cgroupPathOfSpec('relative'), undefined);
  assert.equal(cgroupPathOfSpec(''), undefined);
});
