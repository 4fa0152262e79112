import { Failure, nearest } from '#base';
import { type MountKind, operationNames, type OperationName } from '#policy';

/** Words that users give in options and in test files, checked; a wrong one is told with the nearest. */
export function oneOf<T extends string>(word: string, accepted: readonly T[], what: string): T {
  const known = accepted.find((one) => one === word);
  if (known !== undefined) return known;
  const meant = nearest(word, accepted);
  const list = accepted.map((one) => `\`${one}\``).join(', ');
  throw new Failure('usage', `\`${word}\` is no ${what}`, {
    help: meant === undefined ? `accepted are ${list}` : `did you mean \`${meant}\`? accepted are ${list}`,
  });
}

export function operationOf(word: string): OperationName {
  return oneOf(word, operationNames, 'operation');
}

export const mountKinds: readonly MountKind[] = ['image', 'volume', 'file'];

export function mountOf(word: string): MountKind {
  return oneOf(word, mountKinds, 'kind of mount');
}
