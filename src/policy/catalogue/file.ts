import { limits } from '../limits.ts';
import type { Entry } from './entry.ts';
import { policyWith } from './entry.ts';

const fine = policyWith({});

/** P1…: the file and its YAML. */
export const fileEntries = {
  P1001: {
    severity: 'error',
    title: 'YAML that cannot be read',
    message: '{problem}',
    help: '{advice}',
    why: 'The text is no YAML at this place. What could still be read around it has been checked too; what seems to be missing may be only unread, so mend this first.',
    bad: policyWith({ selector: 'containerImageName: [nginx, redis' }),
    good: policyWith({ selector: 'containerImageName: [nginx, redis]' }),
  },
  P1002: {
    severity: 'error',
    title: 'a file that is not UTF-8',
    message: 'the file is not UTF-8: byte {byte} at offset {offset}',
    help: '{advice}',
    why: 'A policy is read as UTF-8 and nothing is guessed: a guess could change which file a path names.',
    bad: {
      shown: 'a file in Latin-1 or UTF-16',
      make: () =>
        Uint8Array.from([
          ...new TextEncoder().encode(`# caf`),
          0xe9,
          0x0a,
          ...new TextEncoder().encode(fine),
        ]),
    },
    good: `# café\n${fine}`,
  },
  P1003: {
    severity: 'error',
    title: 'several documents in one file',
    message: 'a second YAML document begins here',
    help: 'a policy file is one document: remove the `---`, or put the second policy into a file of its own',
    why: 'If only the first document were read, the rules in the others would silently not be in force.',
    bad: `${fine}---\n${fine}`,
    good: `---\n${fine}`,
  },
  P1004: {
    severity: 'error',
    title: 'a file that is no mapping',
    message: 'the file is {found}, not a mapping',
    help: 'a policy has the keys `selectors` and `responses`, or the sections `file` and `process` with both in each',
    why: 'An empty file is a mistake more often than a wish; a policy that allows everything is a policy with no file.',
    bad: '- name: example\n  operation: [createExecutable]\n',
    good: fine,
  },
  P1005: {
    severity: 'error',
    title: 'a key that is there twice',
    message: 'the key {key} is there twice in one mapping',
    help: 'keep one of them; several values of one key are written as a list',
    why: 'YAML readers differ in which of the two they take.',
    bad: policyWith({ selector: 'targetFilePath: [/usr/bin/**]\ntargetFilePath: [/usr/sbin/**]' }),
    good: policyWith({ selector: 'targetFilePath: [/usr/bin/**, /usr/sbin/**]' }),
  },
  P1006: {
    severity: 'error',
    title: 'an alias inside of what it stands for',
    message: 'the alias {alias} stands inside of its own anchor',
    help: 'write out what is meant: an alias cannot hold itself',
    why: 'Written out, the text would have no end.',
    bad: policyWith({ selector: 'containerImageName: &images [nginx, *images]' }),
    good: policyWith({ selector: 'containerImageName: &images [nginx]' }),
  },
  P1007: {
    severity: 'error',
    title: 'a file that is too large',
    message: 'the file has more than 16 MiB',
    help: 'is this a policy? a policy is a few kilobytes of YAML; paths below one directory are written as one value, `/directory/**`',
    why: 'The limit keeps a wrong file, or a pipe that never ends, from taking the memory of the machine.',
    bad: { shown: 'a file of 17 MiB', make: () => `#${'x'.repeat(limits.fileBytesMax)}\n${fine}` },
    good: fine,
  },
  P1008: {
    severity: 'error',
    title: 'too many nodes',
    message: '{what} has more than {most} nodes',
    help: 'is this a policy? use fewer aliases inside of what other aliases stand for, and one `/directory/**` in place of the paths below it',
    why: 'A few lines of aliases of aliases can stand for more values than any memory holds ("billion laughs"). As written, 150,000 keys, values, lists and mappings are read; 100,000 paths need no more.',
    bad: {
      shown:
        'a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n# … and so on, to h',
      make: laughs,
    },
    good: policyWith({
      selector: 'targetFilePath: &paths [/usr/bin/**]',
      selectors: '- name: second\n  operation: createExecutable\n  targetFilePath: *paths',
      response: 'match: [example, second]\nactions: [alert]',
    }).replace('operation: createExecutable', 'operation: execDrift'),
  },
  P1009: {
    severity: 'error',
    title: 'nested too deep',
    message: 'lists and mappings are nested more than 64 deep',
    help: 'a policy needs five levels; look for brackets that are not closed',
    why: 'Deep nesting exhausts readers of YAML; no policy comes near the limit.',
    bad: { shown: `${'['.repeat(40)}…`, make: () => `selectors: ${'['.repeat(10_000)}` },
    good: fine,
  },
  P1010: {
    severity: 'error',
    title: 'a NUL character',
    message: '{key} has a NUL character',
    help: 'remove it: no path, name or label in Linux can hold one',
    why: 'To the kernel a name ends at NUL, so the value would mean something else than it says.',
    bad: policyWith({ selector: 'targetFilePath: ["/usr/bin/\\0"]' }),
    good: fine,
  },
  P1011: {
    severity: 'error',
    title: 'an alias without anchor',
    message: 'the alias {alias} has no anchor before it',
    help: 'to YAML a `*` at the beginning is an alias: a pattern that begins with it needs quotes, {value}',
    why: 'The commonest cause is a pattern that begins with a wildcard and has no quotes.',
    bad: policyWith({ selector: 'containerImageName: [*nginx]' }),
    good: policyWith({ selector: "containerImageName: ['*nginx']" }),
  },
  P1012: {
    severity: 'error',
    title: 'a merge key with nothing to merge',
    message: 'the merge key `<<` is given something that is no mapping',
    help: 'give it an alias of a mapping, `<<: *base`, or a list of them',
    why: 'Only the keys of a mapping can be merged into a mapping.',
    bad: policyWith({ selector: '<<: nginx\ntargetFilePath: /usr/bin/**' }),
    good: policyWith({
      selector: '<<: &base {containerImageName: nginx}\ntargetFilePath: /usr/bin/**',
      selectors: '- name: second\n  <<: *base\n  operation: execMemFd',
      response: 'match: [example, second]\nactions: [alert]',
    }),
  },
  P1013: {
    severity: 'error',
    title: 'a YAML tag',
    message: 'the YAML tag {tag} is not accepted',
    help: 'only `!!str` is, and it is never needed: every value is its text; a value that begins with `!` needs quotes',
    why: 'Tags make YAML readers turn text into other things; a policy has text only.',
    bad: policyWith({ selector: 'containerImageTag: [!!float 1.20]' }),
    good: policyWith({ selector: 'containerImageTag: [1.20]' }),
  },
  P1014: {
    severity: 'error',
    title: 'a key that is no text',
    message: 'a list or a mapping stands where a key is expected',
    help: 'write the key as text; a value in double braces, of a template that is not filled in, needs quotes',
    why: 'This is often a template whose placeholders have not been filled in.',
    bad: policyWith({ selector: '? [containerImageName]\n: nginx' }),
    good: policyWith({ selector: 'containerImageName: nginx' }),
  },
  P1015: {
    severity: 'error',
    title: 'half a character',
    message: '{key} has half of a surrogate pair, which is no character',
    help: 'write the character itself, or both halves: `\\ud83d\\ude00`',
    why: 'It has no form in UTF-8, and so no path or name can match it.',
    bad: policyWith({ selector: 'containerImageName: ["\\ud83d"]' }),
    good: policyWith({ selector: 'kubernetesPodName: ["web-*"]' }),
  },
  P1016: {
    severity: 'error',
    title: 'more findings than are shown',
    message: '{rest} further findings are not shown, only the first {shown} are',
    help: 'mend these first, then check again',
    why: 'A file with so many findings is most often not a policy, or made by a program that has one mistake.',
    bad: {
      shown: 'a selector with 2,000 relative paths',
      make: () => policyWith({ selector: `targetFilePath:\n${'  - usr\n'.repeat(2_000)}` }),
    },
    good: fine,
  },
  P1017: {
    severity: 'error',
    title: 'more marks than values',
    message: 'the file has far more line ends, spaces, comments and marks than values',
    help: 'is this a policy? look here for a run of commas, brackets or empty lines, and remove it',
    why: 'Such a file is most often data of another kind, or made to exhaust what reads it.',
    bad: {
      shown: 'selectors: [,,,,,,,,,, … (5,000 commas)',
      make: () => `selectors: [${','.repeat(5_000)}]`,
    },
    good: fine,
  },
} satisfies Record<string, Entry>;

function laughs(): string {
  const letters = Array.from('abcdefgh');
  const lines = letters.map((letter, index) => {
    const item = index === 0 ? 'x' : `*${letters[index - 1]!}`;
    return `${letter}: &${letter} [${Array.from({ length: 10 }, () => item).join(', ')}]`;
  });
  return `${lines.join('\n')}\n${fine}`;
}
