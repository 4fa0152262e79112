import type { EventPair, OperationEvent } from '#events';
import type { Json } from './context.ts';
import { basename, extension, isUtf8, toBase64, toText } from './text.ts';

/** Modes of a file without its type: the twelve bits that `chmod` sets. */
const modeBits = 0o7777;

/** `file` of a document: the object at the path that a response was judged by. */
export function fileFields(event: OperationEvent, index: number): { readonly [key: string]: Json } {
  const bytes = pathBytes(event.pairs[index]);
  const path = bytes && toText(bytes);
  const name = path === undefined ? undefined : basename(path);
  const suffix = name === undefined ? undefined : extension(name);
  const other = otherPath(event, index);
  const made = event.hook === 'path_mknod' && event.file.newMode !== 0;
  const mode = made ? event.file.newMode : event.file.mode;
  return {
    ...(path === undefined ? {} : { path, name: name! }),
    ...(suffix === undefined ? {} : { extension: suffix }),
    ...(mode === 0 ? {} : { mode: (mode & modeBits).toString(8).padStart(4, '0') }),
    ...(event.file.inode === 0n
      ? {}
      : {
          inode: event.file.inode.toString(),
          device: `${event.file.device >>> 20}:${event.file.device & 0xfffff}`,
          uid: String(event.file.uid),
          gid: String(event.file.gid),
        }),
    ...(other === undefined ? {} : { Ext: { original: { path: toText(other) } } }),
  };
}

/** What `d4c.file` adds: what ECS has no field for, and paths without loss. */
export function ownFileFields(event: OperationEvent, index: number): { readonly [key: string]: Json } {
  const pair = event.pairs[index];
  const bytes = pathBytes(pair);
  const root = pair?.paths.kind === 'paths' && pair.paths.mount !== undefined ? pair.paths.root : undefined;
  const other = otherPath(event, index);
  const changes = event.hook === 'path_chmod' || event.hook === 'inode_set_acl';
  return {
    ...(pair === undefined ? {} : { mount: pair.mount }),
    ...(pair === undefined || pair.paths.kind === 'paths' ? {} : { path_status: pair.paths.kind }),
    ...(bytes === undefined || isUtf8(bytes) ? {} : { path_base64: toBase64(bytes) }),
    ...(root === undefined ? {} : { root_path: toText(root) }),
    ...(root === undefined || isUtf8(root) ? {} : { root_path_base64: toBase64(root) }),
    ...(other === undefined || isUtf8(other) ? {} : { original_path_base64: toBase64(other) }),
    ...(changes ? { new_mode: (event.file.newMode & modeBits).toString(8).padStart(4, '0') } : {}),
  };
}

/** The path by which people know the file: by the mounts used where that is known. */
export function pathBytes(pair: EventPair | undefined): Uint8Array | undefined {
  return pair?.paths.kind === 'paths' ? (pair.paths.mount ?? pair.paths.root) : undefined;
}

function otherPath(event: OperationEvent, index: number): Uint8Array | undefined {
  const own = pathBytes(event.pairs[index]);
  const others = event.pairs.filter((_, i) => i !== index).map(pathBytes);
  return others.find((path) => path !== undefined && !sameBytes(path, own));
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
