import { LinePace } from './line-pace.ts';
import { resample } from './wire.ts';

/** Rate of the ROM, the bootloader and the application's console. */
export const CONSOLE_BAUD_RATE = 115200;

/** Whoever is at the other end of the wires. */
export interface UartPeer {
  /** Takes what the chip sends, and drops what it can't keep: a slow peer never stalls the chip. */
  receive(bytes: Uint8Array): void;
  /** The rate it sends and receives at; `undefined` where the link has none (TCP, PTY) and every rate fits. */
  readonly baudRate?: number | undefined;
  /** Whether DTR and RTS of this peer reach the board. */
  readonly hasControlLines: boolean;
}

/** What the chip does with the UART's events. */
export interface UartHandler {
  onReceive(bytes: Uint8Array, from: UartPeer): void;
  onDisconnect(peer: UartPeer): void;
}

export interface UartOptions {
  /** Whether the chip is at the mercy of the peer's rate. Default true; false: it has none of its own, and every rate fits. */
  readonly hasRate?: boolean;
}

/** UART0. Every peer hears what the chip sends; the chip hears all of them. */
export class Uart {
  baudRate = CONSOLE_BAUD_RATE;
  /** While set, the next bytes from a peer with a rate set the chip's, as the ROM's loader does. */
  detectBaudRate = false;
  /** While set, bytes take the time that they take on a wire. Otherwise the sender has seen to that, or wants it fast. */
  paced = false;
  /** A fault: nothing that the chip sends reaches the wire. */
  silent = false;

  readonly #hasRate: boolean;
  readonly #peers = new Set<UartPeer>();
  readonly #toPeers = new LinePace();
  readonly #toChip = new LinePace();
  #handler: UartHandler | undefined;

  constructor({ hasRate = true }: UartOptions = {}) {
    this.#hasRate = hasRate;
  }

  /** The chip takes over: from now on it hears what the peers send. */
  handle(handler: UartHandler): void {
    this.#handler = handler;
  }

  connect(peer: UartPeer): void {
    this.#peers.add(peer);
  }

  disconnect(peer: UartPeer): void {
    if (this.#peers.delete(peer)) this.#handler?.onDisconnect(peer);
  }

  /** The chip is reset: its settings are the default ones, and what is under way is lost. */
  reset(): void {
    this.baudRate = CONSOLE_BAUD_RATE;
    this.detectBaudRate = false;
    this.paced = false;
    this.#toPeers.cut();
    this.#toChip.cut();
  }

  /** The chip sends. */
  send(bytes: Uint8Array): void {
    if (this.silent) return;
    const { baudRate } = this;
    const deliver = (): void => {
      for (const peer of this.#peers) peer.receive(this.#carry(bytes, baudRate, peer.baudRate ?? baudRate));
    };
    if (this.paced) this.#toPeers.carry(bytes.length, baudRate, deliver);
    else deliver();
  }

  /** A peer sends. */
  receive(bytes: Uint8Array, from: UartPeer): void {
    if (this.detectBaudRate) {
      this.detectBaudRate = false;
      this.baudRate = from.baudRate ?? this.baudRate;
    }
    const baudRate = from.baudRate ?? this.baudRate;
    const deliver = (): void => this.#handler?.onReceive(this.#carry(bytes, baudRate, this.baudRate), from);
    if (this.paced) this.#toChip.carry(bytes.length, baudRate, deliver);
    else deliver();
  }

  /** What arrives at the other end of the wire. */
  #carry(bytes: Uint8Array, fromBaud: number, toBaud: number): Uint8Array {
    const fits = !this.#hasRate || Math.abs(toBaud / fromBaud - 1) <= TOLERANCE;
    return fits ? bytes : resample(bytes, fromBaud, toBaud);
  }
}

/** A receiver's last sampling point may be off by half a bit in 9.5: leave half of that to the sender's crystal. */
const TOLERANCE = 0.025;
