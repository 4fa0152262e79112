import { quote } from '../finding.ts';
import { allSelectors, pathsOf } from './rule.ts';
import type { Rule } from './rule.ts';

/** Directories of nearly every image: the file system's standard ones. */
const directories: ReadonlySet<string> = new Set([
  ...[
    '/bin',
    '/boot',
    '/dev',
    '/etc',
    '/home',
    '/lib',
    '/lib32',
    '/lib64',
    '/media',
    '/mnt',
    '/opt',
    '/proc',
    '/root',
    '/run',
  ],
  ...[
    '/sbin',
    '/srv',
    '/sys',
    '/tmp',
    '/usr',
    '/var',
    '/dev/shm',
    '/etc/cron.d',
    '/etc/init.d',
    '/etc/ssl',
    '/etc/systemd',
  ],
  ...[
    '/usr/bin',
    '/usr/games',
    '/usr/include',
    '/usr/lib',
    '/usr/lib32',
    '/usr/lib64',
    '/usr/libexec',
    '/usr/local',
    '/usr/sbin',
  ],
  ...[
    '/usr/share',
    '/usr/src',
    '/usr/local/bin',
    '/usr/local/etc',
    '/usr/local/lib',
    '/usr/local/sbin',
    '/usr/local/share',
  ],
  ...[
    '/var/cache',
    '/var/lib',
    '/var/lock',
    '/var/log',
    '/var/mail',
    '/var/opt',
    '/var/run',
    '/var/spool',
    '/var/tmp',
    '/var/www',
  ],
]);

/** The path of a directory, with nothing of it listed beside. */
export const directoryPath: Rule = (draft, report) => {
  for (const selector of allSelectors(draft)) {
    for (const { key, values } of pathsOf(selector)) {
      for (const { text, span } of values) {
        if (!directories.has(text) || values.some((other) => other.text.startsWith(`${text}/`)))
          continue;
        report('P6008', span, {
          value: quote(text),
          key: quote(key),
          below: quote(`${text}/**`),
          children: quote(`${text}/*`),
        });
      }
    }
  }
};
