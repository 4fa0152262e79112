/** A growing list of 32-bit integers. */
export interface IntList {
  data: Int32Array;
  length: number;
}

export function intList(capacity = 1024): IntList {
  return { data: new Int32Array(capacity), length: 0 };
}

/** Appends, and returns the index. */
export function push(list: IntList, value: number): number {
  if (list.length === list.data.length) {
    const larger = new Int32Array(list.length * 2);
    larger.set(list.data);
    list.data = larger;
  }
  list.data[list.length] = value;
  return list.length++;
}

export function pushAll(list: IntList, values: Int32Array | readonly number[], count: number): void {
  while (list.length + count > list.data.length) {
    const larger = new Int32Array(list.data.length * 2);
    larger.set(list.data);
    list.data = larger;
  }
  for (let i = 0; i < count; i++) list.data[list.length + i] = values[i]!;
  list.length += count;
}
