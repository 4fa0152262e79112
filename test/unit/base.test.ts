import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineStarts, nearest, parseImageReference, position } from '#base';

const references: [string, string | null, string?, (string | null)?][] = [
  ['nginx', 'docker.io/library/nginx', 'nginx', 'latest'],
  ['nginx:1.25', 'docker.io/library/nginx', 'nginx', '1.25'],
  ['bitnami/redis', 'docker.io/bitnami/redis', 'redis', 'latest'],
  ['index.docker.io/library/nginx', 'docker.io/library/nginx', 'nginx', 'latest'],
  ['localhost:5000/a/b:t', 'localhost:5000/a/b', 'b', 't'],
  ['localhost/x', 'localhost/x', 'x', 'latest'],
  ['registry.k8s.io/pause:3.6', 'registry.k8s.io/pause', 'pause', '3.6'],
  [`nginx@sha256:${'a'.repeat(64)}`, 'docker.io/library/nginx', 'nginx', null],
  [`localhost:5000/a/b:t@sha256:${'a'.repeat(64)}`, 'localhost:5000/a/b', 'b', 't'],
  [`sha256:${'a'.repeat(64)}`, null],
  ['b'.repeat(64), null],
  ['', null],
  ['nginx:', null],
  ['nginx@latest', null],
];
for (const [text, fullName, name, tag] of references) {
  test(`image reference \`${text.slice(0, 40)}\``, () => {
    const parsed = parseImageReference(text);
    if (fullName === null) return assert.equal(parsed, null);
    assert.deepEqual([parsed?.fullName, parsed?.name, parsed?.tag], [fullName, name, tag]);
  });
}

test('the nearest spelling is offered only where it is near', () => {
  const words = ['createExecutable', 'modifyExecutable', 'execMemFd'];
  assert.equal(nearest('createExecutabel', words), 'createExecutable');
  assert.equal(nearest('execmemfd', words), 'execMemFd');
  assert.equal(nearest('chmod', words), undefined);
});

test('lines and columns count from 1, columns in characters, whatever ends a line', () => {
  const text = 'a😀b\r\nc\rd\n';
  const starts = lineStarts(text);
  assert.deepEqual(starts, [0, 6, 8, 10]);
  assert.deepEqual(position(text, starts, 3), { line: 1, column: 3 });
  assert.deepEqual(position(text, starts, 6), { line: 2, column: 1 });
  assert.deepEqual(position(text, starts, 10), { line: 4, column: 1 });
});
