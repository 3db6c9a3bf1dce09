import type { SerialPortStream } from '@serialport/stream';
import { BenchError } from '../errors.ts';

/** The two outputs that a board's reset circuit hangs on; true is asserted. */
export interface ControlLines {
  readonly dtr: boolean;
  readonly rts: boolean;
}

/**
 * Sets both lines: at once on a local port, one after the other over a network.
 * (node-serialport asserts each line that a call doesn't mention, so neither is ever set alone.)
 *
 * @throws BenchError `PORT_NO_LINES` when the port has none.
 */
export async function setLines(port: SerialPortStream, lines: ControlLines): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      port.set({ ...lines, brk: false }, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  } catch (error) {
    throw explain(port, error as Error);
  }
}

/** Whether an error means that the port has no DTR and RTS: a PTY, or a raw TCP port. */
export function isWithoutLines(error: unknown): boolean {
  return error instanceof BenchError && error.code === 'PORT_NO_LINES';
}

function explain(port: SerialPortStream, error: Error): Error {
  // ENOTTY and EINVAL, as node-serialport words them.
  if (!/inappropriate ioctl|invalid argument/i.test(error.message)) return error;
  return new BenchError('PORT_NO_LINES', {
    what: 'The port has no DTR and RTS',
    where: port.path,
    next: 'reset the board by hand, or reach it through a port that has them',
    cause: error,
  });
}
