import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { catalogue, codes, locate, parsePolicy, renderText } from '#policy';

const seed = Number(process.env['D4C_SEED'] ?? Date.now() % 2 ** 31);
/** Given seconds (of all four together), as many runs as there is time for; else so many. */
const seconds = Number(process.env['D4C_FUZZ_SECONDS'] ?? 0);
const numRuns = seconds > 0 ? 2 ** 30 : Number(process.env['D4C_RUNS'] ?? 400);
const until = seconds > 0 ? { interruptAfterTimeLimit: (seconds * 1000) / 4 } : {};
/** Runs there have been, for who reads the log. */
let runs = 0;
after(() => console.log(`seed ${seed}: ${runs} texts were read`));

/** What must hold of any text whatever. */
function holds(input: string | Uint8Array): void {
  runs++;
  const parsed = parsePolicy('fuzz.yaml', input);
  const { policy, findings, text } = parsed;
  assert.equal(
    policy === null,
    findings.some(({ severity }) => severity === 'error'),
  );
  for (const { span, related, message, help } of findings) {
    for (const place of [span, ...related.map((other) => other.span)]) {
      assert.ok(
        place.start >= 0 && place.start <= place.end && place.end <= text.length,
        JSON.stringify({ message, place }),
      );
    }
    assert.doesNotMatch(message + help, /[\p{Cc}]|\{\w+\}$|undefined/u);
  }
  const checked = { file: 'fuzz.yaml', text, findings };
  for (const { span } of locate(checked)) {
    assert.ok(span.line >= 1 && span.column >= 1);
    assert.ok(
      span.endLine > span.line || (span.endLine === span.line && span.endColumn >= span.column),
    );
  }
  renderText(checked);
}

const examples = codes.flatMap((code) => {
  const { bad, good } = catalogue[code];
  return typeof bad === 'string' ? [bad, good] : [good];
});
const pieces = [
  ...[
    '*',
    '**',
    '&a ',
    '*a',
    '<<: ',
    '!!str ',
    '!x ',
    "'",
    '"',
    '[',
    ']',
    '{',
    '}',
    ',',
    ': ',
    ':',
    '- ',
    '? ',
    '#',
    '|\n',
    '>\n',
    '---\n',
  ],
  ...[
    '...\n',
    '%YAML 1.2\n',
    '\t',
    '\r',
    '\r\n',
    '\n',
    '  ',
    '\0',
    '\ufeff',
    '‘',
    '”',
    '\\',
    '\\\\',
    '\\*',
    '/',
    '//',
    '/../',
    'é',
    '😀',
    '\ud800',
  ],
  ...[
    'name: ',
    'match: ',
    'actions: ',
    'file:\n',
    'process:\n',
    'selectors:\n',
    'operation: ',
    'exec',
    'block',
    'targetFilePath: ',
  ],
];

/** An example of the catalogue with pieces put in, taken out and repeated. */
const mutated = fc
  .tuple(
    fc.constantFrom(...examples),
    fc.array(fc.tuple(fc.nat(), fc.nat(12), fc.constantFrom(...pieces)), { maxLength: 6 }),
  )
  .map(([text, changes]) => {
    let changed = text;
    for (const [where, length, piece] of changes) {
      const at = where % (changed.length + 1);
      changed = changed.slice(0, at) + piece + changed.slice(at + (length % 3 === 0 ? length : 0));
    }
    return changed;
  });

test(`examples with pieces changed (seed ${seed}, D4C_SEED repeats it)`, () => {
  fc.assert(fc.property(mutated, holds), { seed, numRuns, ...until });
});

test(`heaps of pieces (seed ${seed})`, () => {
  const heaps = fc
    .array(fc.constantFrom(...pieces), { maxLength: 60 })
    .map((parts) => parts.join(''));
  fc.assert(fc.property(heaps, holds), { seed, numRuns, ...until });
});

test(`bytes (seed ${seed})`, () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), holds), {
    seed,
    numRuns: Math.ceil(numRuns / 3),
    ...until,
  });
  const torn = fc.tuple(mutated, fc.nat(), fc.nat(255)).map(([text, where, byte]) => {
    const bytes = new TextEncoder().encode(text);
    bytes[where % Math.max(1, bytes.length)] = byte;
    return bytes;
  });
  fc.assert(fc.property(torn, holds), { seed, numRuns, ...until });
});
