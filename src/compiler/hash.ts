/** 128 bits over whole 32-bit words: four lanes that are mixed into one another. Not against forgery. */
export function hashHex(bytes: Uint8Array): string {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  let a = 0x243f6a88 ^ words.length;
  let b = 0x85a308d3;
  let c = 0x13198a2e;
  let d = 0x03707344;
  for (const word of words) {
    a = Math.imul(a ^ word, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b + a, 0x85ebca77) ^ (word >>> 7);
    c = Math.imul(c ^ b, 0xc2b2ae3d) + d;
    d = Math.imul((d << 7) | (d >>> 25), 0x27d4eb2f) ^ c;
  }
  for (let round = 0; round < 4; round++) {
    a = Math.imul(a ^ (d >>> 16), 0x85ebca6b);
    b = Math.imul(b ^ (a >>> 13), 0xc2b2ae35);
    c = Math.imul(c ^ (b >>> 16), 0x27d4eb2f);
    d = Math.imul(d ^ (c >>> 15), 0x165667b1);
  }
  return [a, b, c, d].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}
