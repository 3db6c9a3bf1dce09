import { formsOfSecret } from './secret-forms.ts';

/** What stands in a secret's place. */
export const redaction = '[redacted]';

/**
 * Takes secrets out of a stream of bytes, in every form that {@link formsOfSecret} knows, wherever the stream is cut into chunks.
 *
 * Bytes at the end of a chunk that may be the beginning of a secret are held back until the next ones tell. No secret holds the
 * end of a line, so a line never waits for the next.
 */
export class Redactor {
  readonly #forms: readonly Buffer[];
  #held: Buffer = Buffer.alloc(0);

  constructor(secrets: readonly string[]) {
    // The longest first: hex with blanks before a shorter secret's hex within it.
    this.#forms = secrets
      .flatMap((secret) => formsOfSecret(secret).map(({ bytes }) => bytes))
      .sort((a, b) => b.length - a.length);
  }

  /** What may be shown of the stream so far. */
  push(chunk: Buffer): Buffer {
    if (this.#forms.length === 0) return chunk;
    const bytes = this.#replace(this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]));
    const keep = bytes.length - this.#lengthOfBeginning(bytes);
    this.#held = bytes.subarray(keep);
    return bytes.subarray(0, keep);
  }

  /** The stream has ended, or pauses: what was held back was no secret. */
  flush(): Buffer {
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    return held;
  }

  #replace(bytes: Buffer): Buffer {
    let shown = bytes;
    for (const form of this.#forms) {
      for (let at = shown.indexOf(form); at !== -1; at = shown.indexOf(form, at + redaction.length)) {
        const after = shown.subarray(at + form.length);
        shown = Buffer.concat([shown.subarray(0, at), Buffer.from(redaction), after]);
      }
    }
    return shown;
  }

  /** How many bytes at the end may be the beginning of a secret. */
  #lengthOfBeginning(bytes: Buffer): number {
    let longest = 0;
    for (const form of this.#forms) {
      for (let length = Math.min(form.length - 1, bytes.length); length > longest; length--) {
        // The first byte rules nearly all of them out: this runs for every chunk of a console.
        if (bytes[bytes.length - length] !== form[0]) continue;
        if (bytes.subarray(-length).equals(form.subarray(0, length))) longest = length;
      }
    }
    return longest;
  }
}

/** Plain data whose texts hold no secret: as {@link Redactor}. */
export function withoutSecrets<T>(data: T, secrets: readonly string[]): T {
  if (secrets.length === 0) return data;
  const redactor = new Redactor(secrets);
  const text = redactor.push(Buffer.from(JSON.stringify(data)));
  return JSON.parse(Buffer.concat([text, redactor.flush()]).toString()) as T;
}
