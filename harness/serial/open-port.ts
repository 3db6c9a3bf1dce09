import { statSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { isMainThread } from 'node:worker_threads';
import { BoardPort, closePort } from './board-port.ts';
import { isWithoutLines, setLines } from './lines.ts';
import { explainOpenFailure, portBusy } from './open-failure.ts';
import { parsePortAddress } from './port-address.ts';
import { findPortHolders } from './port-holders.ts';
import { rfc2217Binding } from './rfc2217/rfc2217-binding.ts';
import { tcpBinding } from './tcp/tcp-binding.ts';

export interface OpenPortOptions {
  /** `/dev/ttyUSB0`, `COM3`, `rfc2217://host:port` or `socket://host:port`. */
  readonly path: string;
  readonly baudRate: number;
  /** How the lines shall stand once the port is open. Both released, or both asserted, lets a board run. */
  readonly dtr: boolean;
  readonly rts: boolean;
  /** Keep other programs from opening a device of this host. Default: true. */
  readonly lock?: boolean;
  /** How long an RFC 2217 server may take to answer at all. Default: 3 s. */
  readonly agreementTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told what is odd about the port but doesn't stop it; by default a Node.js warning. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** How often a device's file is looked for. A PTY whose other end has died reports nothing by itself. */
export const presenceCheckMs = 500;

/**
 * Opens a serial port, wherever it is, without resetting the board that hangs on it.
 *
 * On a server that doesn't tell how its lines stand, they are left as they are; a port without lines is opened too.
 * What arrived before a local port was opened is lost: reset the board after, not before.
 *
 * @throws BenchError `PORT_MISSING`, `PORT_BUSY`, `PORT_PERMISSION`, `PORT_UNUSABLE` (devices), `PORT_REFUSED`,
 * `PORT_UNREACHABLE`, `PORT_NOT_RFC2217`, `PORT_SILENT`, `PORT_BAUD_RATE`, `PORT_LOST` (servers).
 * @throws UsageError `PORT_ADDRESS` when `path` is none of the four forms.
 */
export async function openPort(options: OpenPortOptions): Promise<BoardPort> {
  const { path, baudRate, dtr, rts, agreementTimeoutMs, signal, onWarning } = options;
  signal?.throwIfAborted();
  const address = parsePortAddress(path);
  switch (address.kind) {
    case 'device':
      return openDevice(options);
    case 'rfc2217': {
      const server = { host: address.host, port: address.port, signal };
      return open(
        new BoardPort({
          binding: rfc2217Binding,
          path,
          baudRate,
          address: server,
          lines: { dtr, rts },
          agreementTimeoutMs,
          onWarning,
        }),
      );
    }
    case 'tcp': {
      const server = { host: address.host, port: address.port, signal };
      return open(new BoardPort({ binding: tcpBinding, path, baudRate, address: server }));
    }
  }
}

async function openDevice({ path, baudRate, dtr, rts, lock = true }: OpenPortOptions): Promise<BoardPort> {
  if (!isMainThread) {
    // Its poller runs in the main thread's event loop and would end the process ("without proper locking in place").
    throw new Error('node-serialport opens devices in the main thread only');
  }
  // Loaded only now: a board behind a URL needs no native module.
  const { SerialPort } = await import('serialport');
  const port = new BoardPort({ binding: SerialPort.binding, path, baudRate, lock, hupcl: false });
  try {
    await open(port);
  } catch (error) {
    throw await explainOpenFailure(path, error as Error);
  }
  try {
    if (lock) await refuseSecondReader(path);
    await setLines(port, { dtr, rts }).catch((error: unknown) => {
      if (!isWithoutLines(error)) throw error;
    });
    watchPresence(port);
  } catch (error) {
    await closePort(port);
    throw error;
  }
  return port;
}

async function open<Port extends BoardPort>(port: Port): Promise<Port> {
  return new Promise((resolve, reject) => {
    port.open((error) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

/** A program that doesn't lock goes unnoticed, and gets half of the bytes. */
async function refuseSecondReader(path: string): Promise<void> {
  if (process.platform !== 'linux') return;
  // Who emulates a port by a PTY may well hold both of its ends.
  if ((await realpath(path)).startsWith('/dev/pts/')) return;
  const holders = await findPortHolders(path);
  if (holders.length > 0) throw portBusy(path, holders);
}

function watchPresence(port: BoardPort): void {
  // COM ports of Windows are no files.
  if (process.platform === 'win32') return;
  const opened = statSync(port.path);
  const look = async (): Promise<void> => {
    try {
      const found = await stat(port.path);
      if (found.ino === opened.ino && found.rdev === opened.rdev) return;
      port.lose(new Error('The path leads to another device than before'));
    } catch (error) {
      port.lose(error as Error);
    }
  };
  const timer = setInterval(() => void look(), presenceCheckMs);
  timer.unref();
  port.once('close', () => {
    clearInterval(timer);
  });
}
