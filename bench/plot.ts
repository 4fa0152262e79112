/** Growth as a picture: SVG by hand, powers of ten both ways, so that what grows with the patterns is a straight line. */

export interface Curve {
  readonly name: string;
  /** Milliseconds at each size; `NaN` where there was no answer. */
  readonly ms: readonly number[];
}

const width = 640;
const height = 420;
const edge = { left: 70, right: 110, top: 24, bottom: 48 };
const colours = ['#1b6ca8', '#c8553d', '#588157', '#7b4b94', '#b8860b'];

export function growthSvg(sizes: readonly number[], curves: readonly Curve[]): string {
  const all = curves.flatMap(({ ms }) => ms.filter((value) => !Number.isNaN(value)));
  const low = Math.floor(Math.log10(Math.min(...all)));
  const high = Math.ceil(Math.log10(Math.max(...all)));
  const first = Math.log10(sizes[0]!);
  const last = Math.log10(sizes.at(-1)!);
  const x = (size: number): number => edge.left + ((Math.log10(size) - first) / (last - first)) * (width - edge.left - edge.right);
  const y = (ms: number): number => height - edge.bottom - ((Math.log10(ms) - low) / (high - low)) * (height - edge.top - edge.bottom);
  const powers = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  const parts = [
    ...powers.map((ms) => grid(edge.left, y(ms), width - edge.right, y(ms)) + text(edge.left - 8, y(ms) + 4, label(ms), 'end')),
    ...sizes.map((size) => grid(x(size), edge.top, x(size), height - edge.bottom) + text(x(size), height - edge.bottom + 18, size.toLocaleString('en'), 'middle')),
    text((edge.left + width - edge.right) / 2, height - 8, 'patterns', 'middle'),
    ...curves.map((curve, i) => drawn(curve, sizes, x, y, colours[i % colours.length]!)),
    ...names(curves, y),
  ];
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`;
  return `${head}\n<title>time to compile, by the number of patterns</title>\n<rect width="${width}" height="${height}" fill="white"/>\n${parts.join('\n')}\n</svg>\n`;
}

function drawn({ ms }: Curve, sizes: readonly number[], x: (size: number) => number, y: (ms: number) => number, colour: string): string {
  const points = ms.flatMap((value, i) => (Number.isNaN(value) ? [] : [[round(x(sizes[i]!)), round(y(value))] as const]));
  const dots = points.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`).join('');
  return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.map((point) => point.join(',')).join(' ')}"/>${dots}`;
}

/** Each beside the end of its curve, moved down where two would touch; a curve that ends early says so. */
function names(curves: readonly Curve[], y: (ms: number) => number): readonly string[] {
  const ends = curves.map(({ name, ms }, i) => {
    const answered = ms.filter((value) => !Number.isNaN(value));
    const words = answered.length < ms.length ? `${name} (then refused)` : name;
    return { words, at: y(answered.at(-1)!), colour: colours[i % colours.length]! };
  }).sort((a, b) => a.at - b.at);
  let lowest = 0;
  return ends.map(({ words, at, colour }) => {
    lowest = Math.max(at, lowest + 14);
    return `<text x="${width - edge.right + 8}" y="${round(lowest + 4)}" fill="${colour}">${words}</text>`;
  });
}

function grid(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="#ddd"/>`;
}

function text(x: number, y: number, words: string, anchor: string): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${words}</text>`;
}

const label = (ms: number): string => (ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`);
const round = (value: number): number => Math.round(value * 10) / 10;
