/** The two facts that are read out of 64-bit little-endian ELF files: what they are linked with, and modinfo. */

interface Section {
  readonly name: string;
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

const sectionTypeDynamic = 6;
const tagNeeded = 1n;

/** Names of the shared libraries that a program or library asks for (DT_NEEDED). */
export function neededLibraries(file: Uint8Array): string[] {
  const all = sections(file);
  const dynamic = all.find((section) => section.type === sectionTypeDynamic);
  const strings = dynamic && all[dynamic.link];
  if (!dynamic || !strings) return [];
  const view = viewOf(file);
  const names: string[] = [];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    if (view.getBigUint64(at, true) !== tagNeeded) continue;
    names.push(text(file, strings.offset + Number(view.getBigUint64(at + 8, true))));
  }
  return names;
}

/** Modules that a kernel module needs loaded before it; there is no modules.dep before an installation. */
export function moduleDependencies(file: Uint8Array): string[] {
  const info = sections(file).find((section) => section.name === '.modinfo');
  if (!info) throw new RangeError('a kernel module without .modinfo');
  const fields = new TextDecoder().decode(file.subarray(info.offset, info.offset + info.size)).split('\0');
  const depends = fields.find((field) => field.startsWith('depends='))?.slice('depends='.length) ?? '';
  return depends.split(',').filter((name) => name !== '');
}

export function isElf(file: Uint8Array): boolean {
  return file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46 && file[4] === 2;
}

function sections(file: Uint8Array): Section[] {
  if (!isElf(file)) return [];
  const view = viewOf(file);
  const start = Number(view.getBigUint64(40, true));
  const entryBytes = view.getUint16(58, true);
  const headers = Array.from({ length: view.getUint16(60, true) }, (_, index) => start + index * entryBytes);
  const names = headers[view.getUint16(62, true)];
  const namesAt = names === undefined ? 0 : Number(view.getBigUint64(names + 24, true));
  return headers.map((at) => ({
    name: text(file, namesAt + view.getUint32(at, true)),
    type: view.getUint32(at + 4, true),
    offset: Number(view.getBigUint64(at + 24, true)),
    size: Number(view.getBigUint64(at + 32, true)),
    link: view.getUint32(at + 40, true),
  }));
}

function viewOf(file: Uint8Array): DataView {
  return new DataView(file.buffer, file.byteOffset, file.byteLength);
}

function text(file: Uint8Array, at: number): string {
  return new TextDecoder().decode(file.subarray(at, file.indexOf(0, at)));
}
