import { restoreError } from '../errors.ts';
import { startCalledChild } from '../process/child-calls.ts';
import { startCalledThread } from '../process/thread-calls.ts';
import type { BenchHealth, SerialLine } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import type { UsbIdentity } from './match-usb.ts';
import type { ConsoleFiles } from './console-record.ts';
import { parsePortAddress } from './port-address.ts';
import { defaultResetHoldMs, type ResetStrategy } from './reset-strategy.ts';
import type { SerialFunctions, SerialListener, SerialServiceData } from './serial-service.ts';

export interface SerialMonitorOptions {
  /** As for `openPort`: a path, `rfc2217://host:port` or `socket://host:port`. */
  readonly path: string;
  readonly baudRate: number;
  /** Gets every byte of the console as it came. Appended to. */
  readonly rawFile: string;
  /** Gets lines and the reader's health, one JSON object a line, before anybody is told. Appended to. */
  readonly eventsFile: string;
  /** How long a reset holds EN low. Default: {@link defaultResetHoldMs}. */
  readonly resetHoldMs?: number;
  /** How the board is reset. Default: classic. */
  readonly reset?: ResetStrategy | undefined;
  /** By what the port is found again when it has another path after a reset. */
  readonly usb?: UsbIdentity | undefined;
  /** The port is opened when this has resolved, because somebody else has it until then; the reader gets ready meanwhile. */
  readonly openAfter?: Promise<unknown>;
  /** What must not be recorded, nor told: it is taken out of what the board says, in any form. Default: none. */
  readonly secrets?: readonly string[];
  /** Closes the monitor when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Gets each line soon after it arrived, in order. */
  readonly onLine: (line: SerialLine) => void;
  /**
   * Nothing will follow. Called at most once, with a `BenchError`: the port is gone (`PORT_LOST`), the record can't be
   * written (`RECORD_FAILED`), the reader itself ended.
   */
  readonly onLost: (error: Error) => void;
  /** Gets a figure a second on how well the reader kept time. */
  readonly onHealth?: (health: BenchHealth) => void;
}

/** The console of a board: read apart from the main thread, so that a busy one neither delays nor loses a line. */
export interface SerialMonitor extends AsyncDisposable {
  /** To the server of a port behind a URL and back; absent for a port of this host, and when its server can't be asked. */
  readonly roundTripMs?: number;
  /**
   * Resets the board into its app.
   *
   * @returns the instant right before EN was released. Every line since is delivered: the port is read all the time.
   * @throws BenchError `PORT_NO_LINES`, `PORT_LOST`.
   */
  resetBoard(): Promise<HostNs>;
  /** Sends text to the board, as it is; it is not recorded. */
  write(text: string): Promise<void>;
  /**
   * Writes the record to other files from now on.
   *
   * @throws BenchError `RECORD_FAILED`
   */
  recordTo(files: ConsoleFiles): Promise<void>;
  /** Completes the record and gives the port back. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the console and starts to read it. The board is not reset by that.
 *
 * @throws what `openPort` throws, or the reason why `openAfter` rejected.
 */
export async function startSerialMonitor(options: SerialMonitorOptions): Promise<SerialMonitor> {
  const { path, baudRate, rawFile, eventsFile, signal } = options;
  const { resetHoldMs = defaultResetHoldMs, reset = 'classic', usb } = options;
  signal?.throwIfAborted();
  let isLost = false;
  const lose = (error: Error): void => {
    if (isLost) return;
    isLost = true;
    options.onLost(error);
  };
  const listener: SerialListener = {
    lines: (lines) => lines.forEach(options.onLine),
    health: (health) => options.onHealth?.(health),
    lost: (error) => lose(restoreError(error)),
  };
  const data: SerialServiceData = {
    path,
    baudRate,
    rawFile,
    eventsFile,
    resetHoldMs,
    reset,
    ...(usb && { usb }),
  };
  const reader =
    parsePortAddress(path).kind === 'device'
      ? startCalledChild<SerialServiceData, SerialFunctions>(
          { module: new URL('./serial-process.ts', import.meta.url), data, name: 'serial' },
          listener,
        )
      : startCalledThread<SerialServiceData, SerialFunctions>(
          { module: new URL('./serial-thread.ts', import.meta.url), data, name: 'serial' },
          listener,
        );
  const close = async (): Promise<void> => reader.close();
  const abort = (): void => void close().catch(lose);
  signal?.addEventListener('abort', abort, { once: true });

  let roundTripMs: number | undefined;
  try {
    await options.openAfter;
    // Not with the data that the reader is started with: a process has that on its command line.
    roundTripMs = await reader.call.open(options.secrets ?? []);
  } catch (error) {
    await close();
    signal?.throwIfAborted();
    throw error;
  }
  void reader.gone.then((error) => {
    signal?.removeEventListener('abort', abort);
    if (error) lose(error);
  });
  return {
    ...(roundTripMs !== undefined && { roundTripMs }),
    resetBoard: async () => reader.call.resetBoard(),
    write: async (text) => reader.call.write(text),
    recordTo: async (files) => reader.call.recordTo(files),
    close,
    [Symbol.asyncDispose]: close,
  };
}
