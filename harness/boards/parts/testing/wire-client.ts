import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { withDeadline } from '../../../time/deadline.ts';

/** Reads what a board says, for the tests: over a socket or whatever else is a stream. */
export class WireClient implements AsyncDisposable {
  readonly stream: Duplex;
  #chunks: Buffer[] = [];
  #onChange: () => void = () => undefined;

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on('data', (bytes: Buffer) => {
      this.#chunks.push(bytes);
      this.#onChange();
    });
    stream.on('error', () => undefined);
  }

  /** Connects to `socket://127.0.0.1:4001` or `rfc2217://…`: to the TCP port in either case. */
  static async connect(url: string): Promise<WireClient> {
    const { hostname, port } = new URL(url.replace(/^\w+:/, 'http:'));
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new WireClient(socket);
  }

  /** All that came in so far. */
  get bytes(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  forget(): void {
    this.#chunks = [];
  }

  write(data: string | Uint8Array): void {
    this.stream.write(data);
  }

  /** Waits until `expected` has come in; returns everything up to its end and forgets it. */
  async expect(expected: string, timeoutMs = 10_000): Promise<string> {
    const found = new Promise<string>((resolve) => {
      this.#onChange = () => {
        const { bytes } = this;
        const at = bytes.indexOf(expected, 0, 'latin1');
        if (at < 0) return;
        const end = at + expected.length;
        resolve(bytes.toString('latin1', 0, end));
        this.#chunks = [bytes.subarray(end)];
        this.#onChange = () => undefined;
      };
    });
    this.#onChange();
    return withDeadline(found, {
      timeoutMs,
      waitingFor: `"${expected}"`,
      onTimeout: () => new Error(`No "${expected}" within ${timeoutMs} ms, but:\n${this.text}`),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.stream.closed) return;
    const closed = once(this.stream, 'close');
    this.stream.destroy();
    await closed;
  }
}
