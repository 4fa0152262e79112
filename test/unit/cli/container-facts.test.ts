import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsUnknown, isFailure, noFacts } from '#base';
import { parseContainerFacts } from '../../../src/cli/container-facts.ts';

test('facts are taken over, and what is not given the container lacks', () => {
  const facts = parseContainerFacts(['image=nginx:1.25', 'namespace=default', 'label=app:web', 'label=tier:', 'clusterName=prod=1']);
  assert.equal(facts.image?.fullName, 'docker.io/library/nginx');
  assert.equal(facts.image?.tag, '1.25');
  assert.equal(facts.namespace, 'default');
  assert.equal(facts.orchestrator, 'kubernetes');
  assert.deepEqual([...(facts.labels ?? [])], [['app', 'web'], ['tier', '']]);
  assert.equal(facts.clusterName, 'prod=1');
  assert.equal(facts.pod, null);
});

test('no fact at all, and nothing known', () => {
  assert.deepEqual(parseContainerFacts([]), noFacts);
  assert.deepEqual(parseContainerFacts(['unknown']), factsUnknown);
});

const mistakes: [string[], RegExp, RegExp][] = [
  [['imgae=nginx'], /`imgae` is no fact/, /did you mean `image`/],
  [['colour=red'], /`colour` is no fact/, /known are `image`/],
  [['image'], /`image` has no value/, /write `image=VALUE`/],
  [['image='], /`image` has no value/, /write/],
  [['image=:x'], /is no image reference/, /docker\.io/],
  [['image=a', 'image=b'], /given twice/, /only `label`/],
  [['label=app'], /has no `:`/, /key:value/],
  [['orchestrator=nomad'], /no orchestrator/, /only one/],
  [['unknown', 'pod=x'], /beside other facts/, /alone/],
];
for (const [options, message, help] of mistakes) {
  test(`a mistake: ${options.join(' ')}`, () => {
    assert.throws(() => parseContainerFacts(options), (error) => {
      assert.ok(isFailure(error));
      assert.equal(error.code, 'usage');
      assert.match(error.message, message);
      assert.match(error.help ?? '', help);
      return true;
    });
  });
}
