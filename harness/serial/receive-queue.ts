import type { BindingsErrorInterface } from './binding.ts';

interface PendingRead {
  readonly target: Buffer;
  readonly resolve: (bytesRead: number) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Bytes between a socket that delivers when it likes and a serial stream that reads when it likes.
 * One read at a time, as node-serialport promises its bindings.
 */
export class ReceiveQueue {
  #chunks: Buffer[] = [];
  #length = 0;
  #pending: PendingRead | undefined;
  #failure: Error | undefined;

  /** How many bytes wait to be read. */
  get length(): number {
    return this.#length;
  }

  push(bytes: Buffer): void {
    if (bytes.length === 0 || this.#failure !== undefined) return;
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    pending.resolve(this.#take(pending.target));
  }

  /** Reads at least one byte and at most `target.length`. What had arrived before a failure is still read. */
  async read(target: Buffer): Promise<number> {
    if (this.#length > 0) return this.#take(target);
    if (this.#failure !== undefined) throw this.#failure;
    return new Promise((resolve, reject) => {
      this.#pending = { target, resolve, reject };
    });
  }

  clear(): void {
    this.#chunks = [];
    this.#length = 0;
  }

  /** No byte will follow. The waiting read rejects with `error`, and so does each that finds the queue empty. */
  end(error: Error): void {
    this.#failure ??= error;
    this.#pending?.reject(this.#failure);
    this.#pending = undefined;
  }

  #take(target: Buffer): number {
    let taken = 0;
    while (taken < target.length) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      const copied = chunk.copy(target, taken);
      taken += copied;
      if (copied < chunk.length) this.#chunks[0] = chunk.subarray(copied);
      else this.#chunks.shift();
    }
    this.#length -= taken;
    return taken;
  }
}

/** The error with which a pending read or write ends when its own port is closed. @see BindingPortInterface.read */
export function canceledError(): BindingsErrorInterface {
  return Object.assign(new Error('The port was closed'), { canceled: true });
}
