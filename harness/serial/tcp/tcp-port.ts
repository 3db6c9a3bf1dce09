import type { Socket } from 'node:net';
import type { BindingPortInterface, OpenOptions, PortStatus, SetOptions, UpdateOptions } from '../binding.ts';
import { BenchError } from '../../errors.ts';
import { canceledError, ReceiveQueue } from '../receive-queue.ts';

/** Above this the socket is paused: who doesn't read must not fill our memory. */
const maxQueuedBytes = 1024 * 1024;

/** ser2net's words to one client too many, before it hangs up. Not the board's. */
const busyNotice = /^Port('s device)? already in use/;

/**
 * A serial port behind a raw TCP server: bytes, and nothing else. Its baud rate is the server's business,
 * and it has no control lines.
 */
export class TcpPort implements BindingPortInterface {
  readonly openOptions: Required<OpenOptions>;
  isOpen = true;
  /** Aborts with the reason when the connection ends, by the peer or by {@link close}. */
  protected readonly ended: AbortSignal;
  readonly #socket: Socket;
  readonly #received = new ReceiveQueue();
  readonly #end = new AbortController();
  #hasDelivered = false;

  readonly #connectMs: number | undefined;

  /** @param connectMs how long the connection took to be made */
  constructor(socket: Socket, options: OpenOptions, connectMs?: number) {
    this.#connectMs = connectMs;
    this.openOptions = completeOptions(options);
    this.ended = this.#end.signal;
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.receive(chunk);
      if (this.#received.length > maxQueuedBytes) socket.pause();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#ends(this.#lostError(`The connection broke: ${error.code ?? error.message}`, error));
    });
    socket.on('end', () => this.#ends(this.#lostError('The other end closed the connection')));
    socket.on('close', () => this.#ends(this.#lostError('The connection is closed')));
  }

  /** Time to the server and back. Raw TCP has nothing to ask for: it is what connecting took. Undefined when it isn't known. */
  async roundTripMs(): Promise<number | undefined> {
    return Promise.resolve(this.#connectMs);
  }

  async read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }> {
    const bytesRead = await this.#received.read(buffer.subarray(offset, offset + length));
    if (this.#received.length < maxQueuedBytes / 2) this.#socket.resume();
    return { buffer, bytesRead };
  }

  async write(buffer: Buffer): Promise<void> {
    return this.send(buffer);
  }

  /** The rate is the server's business, whatever it is. */
  async update(options: UpdateOptions): Promise<void> {
    this.openOptions.baudRate = options.baudRate;
    return Promise.resolve();
  }

  async set({ brk }: SetOptions): Promise<void> {
    return Promise.reject(this.#noLines(brk ? 'a break' : 'DTR and RTS'));
  }

  async get(): Promise<PortStatus> {
    return Promise.reject(this.#noLines('CTS, DSR and DCD'));
  }

  async getBaudRate(): Promise<{ baudRate: number }> {
    return Promise.resolve({ baudRate: this.openOptions.baudRate });
  }

  async flush(): Promise<void> {
    this.discard();
    return Promise.resolve();
  }

  /** Resolves when the host has sent all: whether the far UART has, nobody can know. */
  async drain(): Promise<void> {
    return this.send(Buffer.alloc(0));
  }

  async close(): Promise<void> {
    if (!this.isOpen) throw new Error('The port is not open');
    this.isOpen = false;
    this.#ends(canceledError());
    if (this.#socket.closed) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.destroy();
    await closed;
  }

  /** Hands raw bytes to the network; resolves when it took them. */
  protected async send(bytes: Buffer): Promise<void> {
    this.ended.throwIfAborted();
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (!error) resolve();
        else reject(this.ended.aborted ? (this.ended.reason as Error) : error);
      });
    });
  }

  /** Takes in raw bytes from the network. */
  protected receive(chunk: Buffer): void {
    this.deliver(chunk);
  }

  /** Hands the board's bytes to the reader. */
  protected deliver(bytes: Buffer): void {
    if (!this.#hasDelivered) {
      this.#hasDelivered = true;
      const notice = busyNotice.exec(bytes.toString('latin1', 0, 64))?.[0];
      if (notice !== undefined) this.#ends(this.#busyError(notice));
    }
    this.#received.push(bytes);
  }

  /** Drops what was not read yet. */
  protected discard(): void {
    this.#received.clear();
  }

  #ends(reason: Error): void {
    if (this.ended.aborted) return;
    this.#end.abort(reason);
    this.#received.end(reason);
  }

  #lostError(what: string, cause?: unknown): BenchError {
    return new BenchError('PORT_LOST', {
      what,
      where: this.openOptions.path,
      next: 'check the serial server and its log; is the board still plugged in there?',
      cause,
    });
  }

  #busyError(notice: string): BenchError {
    return new BenchError('PORT_BUSY', {
      what: `The serial server says "${notice}"`,
      where: this.openOptions.path,
      next: "end the server's other client, or let a new one push it out (ser2net: kickolduser)",
    });
  }

  #noLines(wanted: string): BenchError {
    return new BenchError('PORT_NO_LINES', {
      what: `A raw TCP port does not carry ${wanted}`,
      where: this.openOptions.path,
      next: 'use rfc2217://, when the server speaks it, to reset the board',
    });
  }
}

function completeOptions(options: OpenOptions): Required<OpenOptions> {
  return {
    dataBits: 8,
    stopBits: 1,
    parity: 'none',
    lock: true,
    rtscts: false,
    xon: false,
    xoff: false,
    xany: false,
    hupcl: false,
    ...options,
  };
}
