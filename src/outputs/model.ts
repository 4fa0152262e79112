/** A document on its way out. `id` is that of its event: a resend has the same. */
export interface OutgoingDocument {
  readonly id: string;
  readonly stream: 'alerts' | 'file' | 'process';
  readonly document: { readonly [key: string]: unknown };
}

/** Where documents go. A batch that was written is on its way for good; one that was not is given again. */
export interface Output {
  readonly name: string;
  write(batch: readonly OutgoingDocument[]): Promise<void>;
  close(): Promise<void>;
}

export interface OutputState {
  readonly name: string;
  readonly state: 'ok' | 'failing';
  /** Documents that it has still to take. */
  readonly queued: number;
  readonly lastError: string | null;
}

const lines = new WeakMap<object, string>();

/** A document as one line of JSON, made once however many outputs want it. */
export function toLine(document: OutgoingDocument['document']): string {
  const known = lines.get(document);
  if (known !== undefined) return known;
  const line = JSON.stringify(document);
  lines.set(document, line);
  return line;
}
