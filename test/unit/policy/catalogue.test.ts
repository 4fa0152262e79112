import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue, codes, parsePolicy } from '#policy';

/** Told by the compiler, not by the parser. */
const compilerCodes: readonly string[] = ['P5001'];

for (const code of codes) {
  const { bad, good, severity } = catalogue[code];
  test(`${code}: the bad example has the finding, the good one has none`, () => {
    const made = typeof bad === 'string' ? bad : bad.make();
    const { policy, findings } = parsePolicy('bad.yaml', made);
    if (!compilerCodes.includes(code)) {
      const found = findings.filter((finding) => finding.code === code);
      assert.ok(found.length > 0, `found only ${JSON.stringify(findings)}`);
      assert.equal(found[0]?.severity, severity);
      assert.equal(
        policy === null,
        findings.some((finding) => finding.severity === 'error'),
      );
      if (typeof bad === 'string')
        assert.deepEqual([...new Set(findings.map((finding) => finding.code))], [code]);
    }
    assert.deepEqual(parsePolicy('good.yaml', good).findings, []);
  });

  test(`${code}: its words are in the style of messages`, () => {
    const { title, message, help, why } = catalogue[code];
    for (const words of [title, message, help]) {
      assert.doesNotMatch(words, /\n|\.$/, words);
      assert.doesNotMatch(words, /^[A-Z][a-z]/, words);
    }
    assert.match(why, /^[A-Z"`].*[.)]$/);
    assert.match(code, severity === 'warning' ? /^P6\d{3}$/ : /^P[1-5]\d{3}$/);
  });
}
