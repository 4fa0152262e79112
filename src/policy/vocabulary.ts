import { operationNames } from './model.ts';
import type { ActionName, Condition, OperationName, SectionKind } from './model.ts';

export type ConditionName = Condition['name'];

/** How the values of a condition are written. */
export type ValueForm = 'text' | 'path' | 'label' | 'orchestrator' | 'user' | 'boolean' | 'flag';

/** One condition of selectors, as the language's table has it (section 3). */
export interface Word {
  readonly name: ConditionName;
  readonly otherNames: readonly string[];
  readonly form: ValueForm;
  readonly sections: readonly SectionKind[];
  /** The condition that cannot stand beside it. */
  readonly excludes: ConditionName | undefined;
  /** For editors and pages. */
  readonly about: string;
}

const both: readonly SectionKind[] = ['file', 'process'];
const fileOnly: readonly SectionKind[] = ['file'];

function word(name: ConditionName, form: ValueForm, about: string, more: Partial<Word> = {}): Word {
  return Object.freeze({
    name,
    form,
    about,
    otherNames: [],
    sections: both,
    excludes: undefined,
    ...more,
  });
}

export const conditionWords: readonly Word[] = Object.freeze([
  word(
    'containerImageFullName',
    'text',
    'registry and repository of the image, no tag: `docker.io/library/nginx`',
    {
      otherNames: ['fullContainerImageName'],
      excludes: 'containerImageName',
    },
  ),
  word('containerImageName', 'text', 'last component of the repository of the image: `nginx`', {
    excludes: 'containerImageFullName',
  }),
  word('containerImageTag', 'text', 'tag of the image: `latest`'),
  word('kubernetesClusterId', 'text', 'uid of the namespace `kube-system` of the cluster', {
    otherNames: ['orchestratorClusterId'],
  }),
  word('kubernetesClusterName', 'text', 'name of the cluster', {
    otherNames: ['orchestratorClusterName'],
  }),
  word('kubernetesNamespace', 'text', 'namespace of the pod', {
    otherNames: ['orchestratorNamespace'],
  }),
  word(
    'kubernetesPodLabel',
    'label',
    'labels of the pod as `key:value`; different keys must all match',
    {
      otherNames: ['orchestratorResourceLabel', 'kubernetesResourceLabel'],
    },
  ),
  word('kubernetesPodName', 'text', 'name of the pod', {
    otherNames: ['orchestratorResourceName', 'kubernetesResourceName'],
  }),
  word('orchestratorType', 'orchestrator', 'the container belongs to a pod', {
    otherNames: ['orchestratorResourceType'],
  }),
  word('targetFilePath', 'path', 'path of the file that is operated on', { sections: fileOnly }),
  word('ignoreVolumeMounts', 'flag', 'holds only off volume mounts', {
    sections: fileOnly,
    excludes: 'ignoreVolumeFiles',
  }),
  word('ignoreVolumeFiles', 'flag', 'holds only off mounts of a single file', {
    sections: fileOnly,
    excludes: 'ignoreVolumeMounts',
  }),
  word('processExecutable', 'path', 'path of the acting process’s executable', {
    excludes: 'processName',
  }),
  word('processName', 'text', 'file name of the acting process’s executable', {
    excludes: 'processExecutable',
  }),
  word('processUserId', 'user', 'effective user id of the acting process'),
  word('sessionLeaderInteractive', 'boolean', 'whether the session has a controlling terminal'),
  word('sessionLeaderName', 'text', 'file name of the session leader’s executable'),
]);

/** Every name by which a condition can be written. */
export const conditionByName: ReadonlyMap<string, Word> = new Map(
  conditionWords.flatMap((entry) =>
    [entry.name, ...entry.otherNames].map((name) => [name, entry] as const),
  ),
);

export const processOperations: readonly OperationName[] = Object.freeze(['fork', 'exec']);
export const fileOperations: readonly OperationName[] = Object.freeze(
  operationNames.filter((name) => !processOperations.includes(name)),
);
/** What a selector of the flat dialect means that names no operation: those of the first version. */
export const seedOperations: readonly OperationName[] = Object.freeze([
  'createExecutable',
  'modifyExecutable',
  'execMemFd',
]);

export function operationsOf(section: SectionKind): readonly OperationName[] {
  return section === 'file' ? fileOperations : processOperations;
}

export const flatActions: readonly ActionName[] = Object.freeze(['alert', 'block']);
export const allActions: readonly ActionName[] = Object.freeze(['log', 'alert', 'block']);

/** Names of selectors. */
export const nameForm = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

export const selectorKeys: readonly string[] = Object.freeze(['name', 'description', 'operation']);
export const responseKeys: readonly string[] = Object.freeze([
  'match',
  'exclude',
  'actions',
  'name',
  'description',
  'severity',
  'runbook',
]);
export const sectionKeys: readonly string[] = Object.freeze(['selectors', 'responses']);
export const policyKeys: readonly string[] = Object.freeze([
  'name',
  'mode',
  'selectors',
  'responses',
  'file',
  'process',
]);
