/** What is wrong with a path's form, and the form that is right; `null` if nothing is. */
export type PathProblem =
  | { readonly kind: 'relative'; readonly normal: string; readonly anywhere: string }
  | { readonly kind: 'form'; readonly what: string; readonly normal: string | null };

/**
 * The kernel tells absolute paths without `//`, `.`, `..` and a `/` at the end; a value in another form could
 * never match. A value may begin with `**`, which matches the first `/` too.
 */
export function pathProblem(text: string): PathProblem | null {
  if (!text.startsWith('/') && !text.startsWith('**')) {
    const normal = absolute(text);
    return { kind: 'relative', normal, anywhere: `**${normal}` };
  }
  if (/^\/+$/.test(text))
    return { kind: 'form', what: 'it is the root directory itself', normal: '/**' };
  const what = formProblem(text);
  return what === null ? null : { kind: 'form', what, normal: normalForm(text) };
}

function formProblem(text: string): string | null {
  if (text.includes('//')) return 'it has `//`';
  const components = text.split('/').slice(1);
  if (components.includes('..')) return 'it has the component `..`';
  if (components.includes('.')) return 'it has the component `.`';
  if (text.endsWith('/')) return 'it ends in `/`';
  return null;
}

function absolute(text: string): string {
  const whole = `/${text.replace(/^(?:\.{1,2}\/|~\/)+/, '')}`;
  return normalForm(whole) ?? whole;
}

/** The same path without what the kernel never says; `null` where a `..` goes back over a wildcard or leaves nothing. */
export function normalForm(text: string): string | null {
  const kept: string[] = [];
  const [first, ...rest] = text.split('/');
  for (const component of rest) {
    if (component === '' || component === '.') continue;
    if (component !== '..') kept.push(component);
    else if (kept.pop()?.includes('*')) return null;
  }
  return kept.length === 0 && first === '' ? null : [first, ...kept].join('/');
}
