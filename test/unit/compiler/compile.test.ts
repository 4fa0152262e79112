import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsUnknown, isFailure, noFacts } from '#base';
import { compile, decide } from '#compiler';
import { fileEvent, paths, policy, section, someProcess } from './build.ts';

const drift = policy([section('file', {
  bin: { operation: ['createExecutable', 'modifyExecutable'], targetFilePath: ['/usr/bin/**', '/opt/*/bin/*'] },
  memory: { operation: ['execMemFd'] },
  allowed: { operation: ['createExecutable'], targetFilePath: ['/usr/bin/allowed-*'] },
}, [{ match: ['bin', 'memory'], exclude: ['allowed'], actions: ['alert', 'block'] }])]);

test('a policy of paths decides by operation and path', () => {
  const { table } = compile([drift], noFacts);
  const actions = (...of: Parameters<typeof fileEvent>) => decide(table, fileEvent(...of)).actions;
  assert.deepEqual(actions('createExecutable', '/usr/bin/x'), ['alert', 'block']);
  assert.deepEqual(actions('createExecutable', '/usr/bin/x/y'), ['alert', 'block']);
  assert.deepEqual(actions('createExecutable', '/usr/bin'), []);
  assert.deepEqual(actions('createExecutable', '/usr/bin/allowed-x'), []);
  assert.deepEqual(actions('modifyExecutable', '/usr/bin/allowed-x'), ['alert', 'block']);
  assert.deepEqual(actions('createExecutable', '/opt/a/bin/x'), ['alert', 'block']);
  assert.deepEqual(actions('createExecutable', '/opt/a/b/bin/x'), []);
  assert.deepEqual(actions('createFile', '/usr/bin/x'), []);
  assert.deepEqual(actions('execMemFd', { kind: 'none' }), ['alert', 'block']);
  assert.deepEqual(actions('createExecutable', { kind: 'unknown' }), ['alert', 'block']);
  assert.deepEqual(actions('createExecutable', paths('/usr/bin/allowed-x', '/usr/bin/x')), ['alert', 'block']);
  assert.deepEqual(actions('createExecutable', paths('/usr/bin/allowed-x', '/usr/bin/allowed-y')), []);
});

test('equal meanings have equal bytes', () => {
  const one = compile([drift], noFacts);
  assert.equal(compile([drift], factsUnknown).id, one.id);
  assert.deepEqual(compile([drift, drift], noFacts).table, one.table);
});

test('two exclusions do not add up over two paths', () => {
  const both = policy([section('file', {
    all: { targetFilePath: ['/**'] },
    a: { targetFilePath: ['/a/**'] },
    b: { targetFilePath: ['/b/**'] },
    ab: { targetFilePath: ['/a/**', '/b/**'] },
  }, [
    { match: ['all'], exclude: ['a', 'b'], actions: ['alert'] },
    { match: ['all'], exclude: ['ab'], actions: ['log'] },
  ])]);
  const { table } = compile([both], noFacts);
  assert.deepEqual(decide(table, fileEvent('createFile', paths('/a/x', '/b/x'))).actions, ['alert']);
  assert.deepEqual(decide(table, fileEvent('createFile', paths('/a/x', '/c/x'))).actions, ['log', 'alert']);
  assert.deepEqual(decide(table, fileEvent('createFile', paths('/a/x', '/a/y'))).actions, []);
});

test('process conditions make classes', () => {
  const shells = policy([section('file', {
    shell: { operation: ['createFile'], processName: ['sh', 'ba*'], processUserId: [0, 7], targetFilePath: ['/etc/**'] },
    apt: { operation: ['createFile'], processExecutable: ['/usr/bin/apt'] },
  }, [{ match: ['shell'], exclude: ['apt'], actions: ['alert'] }])]);
  const { table } = compile([shells], noFacts);
  const by = (executable: ReturnType<typeof paths>, userId = 0) =>
    decide(table, fileEvent('createFile', '/etc/x', 'image', { ...someProcess, executable, userId })).actions;
  assert.deepEqual(by(paths('/bin/bash')), ['alert']);
  assert.deepEqual(by(paths('/bin/bash'), 7), ['alert']);
  assert.deepEqual(by(paths('/bin/bash'), 8), []);
  assert.deepEqual(by(paths('/bin/dash')), []);
  assert.deepEqual(by({ kind: 'unknown' }), ['alert']);
  assert.deepEqual(by({ kind: 'none' }), []);
  assert.deepEqual(by(paths('/usr/bin/apt', '/bin/sh')), ['alert']);
});

test('processes that the policies tell apart in too many ways are refused before they take the memory', () => {
  const asked = (i: number): object => [{ processName: [`p${i}`] }, { processUserId: [String(i)] }, { sessionLeaderName: [`l${i}`] }][i % 3]!;
  const names = Array.from({ length: 75 }, (_, i) => `s${i}`);
  const selectors = Object.fromEntries(names.map((name, i) => [name, { operation: ['createExecutable'] as const, ...asked(i), targetFilePath: [`/srv/${name}/**`] }]));
  const given = policy([section('file', selectors, names.map((name) => ({ match: [name], actions: ['alert'] })))]);
  assert.throws(() => compile([given], factsUnknown), (error) => isFailure(error) && error.code === 'limit' && /kinds of processes apart/.test(error.message));
});
