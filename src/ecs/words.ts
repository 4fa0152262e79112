import type { Hook, Operation, OperationEvent } from '#events';

/**
 * Operations of the paths that a rule was about: `mv` into a guarded folder is the creation there, whatever
 * it is where the file came from.
 */
export function operationsOf(event: OperationEvent, pair: number): readonly Operation[] {
  const concerned = event.pairs.filter(({ actions }, index) => actions.length > 0 || index === pair);
  const named = new Set(concerned.flatMap(({ operations }) => operations));
  return event.operations.filter((name) => named.size === 0 || named.has(name));
}

/** `event.action`: what the system operation was, whatever came of it. */
export function actionOf(event: OperationEvent): string {
  const isNew = event.operations.some((name) => name === 'createFile' || name === 'createExecutable');
  if (event.hook === 'file_open') return isNew ? 'creation' : 'open';
  return verbs[event.hook];
}

const verbs: Readonly<Record<Hook, string>> = {
  path_mknod: 'creation',
  path_symlink: 'creation',
  path_chmod: 'chmod',
  path_rename: 'rename',
  path_link: 'link',
  path_unlink: 'deletion',
  path_truncate: 'truncate',
  file_truncate: 'truncate',
  file_open: 'open',
  bprm_check_security: 'exec',
  bprm_creds_from_file: 'exec',
  bprm_committed_creds: 'exec',
  task_alloc: 'fork',
  mmap_file: 'mmap',
  file_mprotect: 'mprotect',
  inode_setxattr: 'setxattr',
  inode_set_acl: 'setacl',
  unknown: 'unknown',
};

const processHooks: ReadonlySet<Hook> = new Set([
  'bprm_check_security',
  'bprm_creds_from_file',
  'bprm_committed_creds',
  'task_alloc',
  'mmap_file',
  'file_mprotect',
]);

/** Running code is the business of processes, even where the policy language counts it as a file operation. */
export function categoryOf(event: OperationEvent): 'file' | 'process' {
  return processHooks.has(event.hook) ? 'process' : 'file';
}

export function typesOf(event: OperationEvent, pair: number): readonly string[] {
  const denied = event.denied ? ['denied'] : [];
  if (categoryOf(event) === 'process') {
    const maps = event.hook === 'mmap_file' || event.hook === 'file_mprotect';
    return [maps ? 'info' : 'start', ...denied];
  }
  const types = new Set(operationsOf(event, pair).map((name) => typeNames[name]));
  return [...(types.size === 0 ? ['change'] : types), ...denied];
}

const typeNames: Readonly<Record<Operation, string>> = {
  createExecutable: 'creation',
  createFile: 'creation',
  modifyExecutable: 'change',
  modifyFile: 'change',
  deleteFile: 'deletion',
  execMemFd: 'start',
  execDrift: 'start',
  fork: 'start',
  exec: 'start',
};
