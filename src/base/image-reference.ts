/** An image reference in Docker's normal form. */
export interface ImageReference {
  /** Registry and repository: `docker.io/library/nginx`. */
  readonly fullName: string;
  /** Last component of the repository: `nginx`. */
  readonly name: string;
  /** `latest` if neither tag nor digest was given; `null` if pinned by digest alone. */
  readonly tag: string | null;
  readonly digest: string | null;
}

const digestForm = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const idForm = /^(?:sha256:)?[0-9a-f]{64}$/;

/**
 * The normal form of a reference as Docker makes it: registry `docker.io`, namespace `library`, tag `latest`
 * if there is neither tag nor digest. `null` for what is no reference: an id alone, an empty text, a bad tag.
 */
export function parseImageReference(text: string): ImageReference | null {
  if (text === '' || idForm.test(text)) return null;
  const at = text.indexOf('@');
  const digest = at < 0 ? null : text.slice(at + 1);
  if (digest !== null && !digestForm.test(digest)) return null;
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const given = colon < 0 ? null : named.slice(colon + 1);
  if (given !== null && !tagForm.test(given)) return null;
  const fullName = qualify(colon < 0 ? named : named.slice(0, colon));
  const name = fullName.slice(fullName.lastIndexOf('/') + 1);
  if (name === '') return null;
  return Object.freeze({ fullName, name, tag: given ?? (digest === null ? 'latest' : null), digest });
}

/** The first component is a registry if it has a dot or a colon, is `localhost`, or has a capital letter. */
function qualify(repository: string): string {
  const slash = repository.indexOf('/');
  const first = slash < 0 ? '' : repository.slice(0, slash);
  const isRegistry = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const registry = isRegistry ? first.replace(/^index\.docker\.io$/, 'docker.io') : 'docker.io';
  const rest = isRegistry ? repository.slice(slash + 1) : repository;
  return registry === 'docker.io' && !rest.includes('/') ? `${registry}/library/${rest}` : `${registry}/${rest}`;
}
