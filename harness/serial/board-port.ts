import type { BindingInterface } from './binding.ts';
import { SerialPortStream, type OpenOptions } from '@serialport/stream';
import { BenchError } from '../errors.ts';

/**
 * A serial port towards a board: a node-serialport stream that also says, once and with the reason, that it was lost,
 * and that is closed when it is disposed of.
 */
export class BoardPort<
  Binding extends BindingInterface = BindingInterface,
> extends SerialPortStream<Binding> {
  /** Aborts with a `BenchError` when the port is lost; not when it is closed by its user. Fits into any wait. */
  readonly lost: AbortSignal;
  readonly #loss = new AbortController();

  constructor(options: OpenOptions<Binding>) {
    super({ ...options, autoOpen: false });
    this.lost = this.#loss.signal;
    // The reason is in `lost`. A failed write emits it once more, which would end the process without a listener.
    this.on('error', () => undefined);
  }

  /** Node.js streams would be destroyed here, and the port left open. */
  override async [Symbol.asyncDispose](): Promise<void> {
    await closePort(this);
  }

  /** Called by the stream when its binding fails. */
  override _disconnected(error: Error): void {
    if (this.isOpen) this.#loss.abort(portLost(this.path, error));
    super._disconnected(error);
  }

  /** Declares the port lost on evidence that the binding doesn't see. */
  lose(error: Error): void {
    this._disconnected(error);
  }
}

/** Closes the port; does nothing when it is closed already. */
export async function closePort(port: SerialPortStream): Promise<void> {
  if (port.closing) {
    await new Promise<void>((resolve) => port.once('close', () => resolve()));
    return;
  }
  if (!port.isOpen) return;
  await new Promise<void>((resolve, reject) => {
    port.close((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function portLost(path: string, error: Error): BenchError {
  if (error instanceof BenchError) return error;
  return new BenchError('PORT_LOST', {
    what: 'The serial port is gone',
    where: path,
    evidence: [error.message],
    next: 'check cable, plug and power of the board',
    cause: error,
  });
}
