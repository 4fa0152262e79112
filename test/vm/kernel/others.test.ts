/** The other kernels that the one object is for: all of its programs load and attach there, and each hook denies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelSeries, otherKernels, startVm } from '#vm';

interface Diagnosis {
  readonly ok: boolean;
  readonly kernel: string;
  readonly proof: { readonly hooks: readonly { hook: string; denied: boolean }[]; readonly refused: number; readonly records: number } | null;
}

const inEachSeries = 15;
/** What releases of Debian's other kernels look like: a cloud kernel would prove nothing new. */
const releases = { '6.1-generic': /^6\.1\.[\d-]*-amd64$/, '6.12-generic': /^6\.12\.[^-]*deb12[^-]*-amd64$/, trixie: /deb13[^-]*-amd64$/ };

for (const kernel of otherKernels) {
  test(`every hook denies on ${kernel}`, async () => {
    await using vm = await startVm({ kernel, snapshot: false });
    const { code, stdout, stderr } = await vm.exec(['bin/d4c', 'doctor', '--json']);
    const said = new TextDecoder().decode(stdout);
    assert.equal(code, 0, `${said}${new TextDecoder().decode(stderr)}`);
    const { ok, kernel: release, proof } = JSON.parse(said) as Diagnosis;
    assert.match(release, releases[kernel]);
    process.stdout.write(`measured: ${kernel} is ${release}: ${proof?.refused} refusals by ${proof?.hooks.length} hooks\n`);
    assert.deepEqual(proof?.hooks.filter(({ denied }) => !denied), []);
    assert.equal(proof?.hooks.length, inEachSeries + (kernelSeries(kernel) === '6.1' ? 0 : 2), 'hooks that are told of');
    assert.equal(proof?.records, proof?.refused);
    assert.ok(ok);
  });
}
