import { CONSOLE_BAUD_RATE } from '../../parts/uart.ts';
import { BITS_PER_BYTE } from '../../parts/wire.ts';

/** A piece of the boot log and when its last bit has left the chip. */
export interface TimedText {
  /** Microseconds since the reset. */
  readonly sentUs: number;
  readonly text: string;
}

const BYTE_US = (BITS_PER_BYTE * 1e6) / CONSOLE_BAUD_RATE;
/** The UART's transmit FIFO: when it is full, the CPU waits for room. */
const FIFO_LENGTH = 128;

/**
 * The console as ROM and bootloader use it, in simulated time. Printing costs the CPU nothing until the FIFO is full,
 * then as long as the wire takes; so the times in the bootloader's log come out as they do on a chip, and the same on
 * every boot.
 */
export class BootConsole {
  readonly #texts: TimedText[] = [];
  #cpuUs = 0;
  #wireFreeUs = 0;

  /** All that was printed, in order. */
  get texts(): readonly TimedText[] {
    return this.#texts;
  }

  /** When the wire is silent again, in µs since the reset. */
  get drainedUs(): number {
    return Math.max(this.#cpuUs, this.#wireFreeUs);
  }

  /** The CPU is busy with something else for a while. */
  work(durationUs: number): void {
    this.#cpuUs += durationUs;
  }

  /** The CPU is busy until `atUs` since the reset. */
  workUntil(atUs: number): void {
    this.#cpuUs = Math.max(this.#cpuUs, atUs);
  }

  /** Prints a line as the ROM does. */
  print(line: string): void {
    const text = `${line}\r\n`;
    this.#wireFreeUs = Math.max(this.#wireFreeUs, this.#cpuUs) + text.length * BYTE_US;
    this.#cpuUs = Math.max(this.#cpuUs, this.#wireFreeUs - FIFO_LENGTH * BYTE_US);
    this.#texts.push({ sentUs: this.#wireFreeUs, text });
  }

  /** Prints a line as ESP-IDF's log does. */
  log(level: 'E' | 'W' | 'I', tag: string, message: string): void {
    this.print(`${level} (${Math.floor(this.#cpuUs / 1000)}) ${tag}: ${message}`);
  }
}
