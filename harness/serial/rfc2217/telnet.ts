/**
 * The Telnet layer of RFC 2217, for either side of a connection: bytes from the socket become events,
 * events become bytes. Pure: no socket, no clock, and nothing about serial ports.
 *
 * ```
 * socket bytes ──▶ TelnetParser ──▶ data | option | subnegotiation
 * socket bytes ◀── escapeData, encodeOption, encodeSubnegotiation
 * ```
 *
 * @see RFC 854 (Telnet), RFC 855 (options)
 */

/** A party's word about an option: `WILL`/`WONT` about its own side, `DO`/`DONT` about the other's. */
export type OptionVerb = 'WILL' | 'WONT' | 'DO' | 'DONT';

/** What the parser found, in the order of the bytes. */
export type TelnetEvent =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'option'; readonly verb: OptionVerb; readonly option: number }
  | { readonly kind: 'subnegotiation'; readonly option: number; readonly value: Buffer };

/** Option codes that a serial port over Telnet uses. */
export const telnetOption = { BINARY: 0x00, ECHO: 0x01, SUPPRESS_GO_AHEAD: 0x03, COM_PORT: 0x2c } as const;

const IAC = 0xff;
const SB = 0xfa;
const SE = 0xf0;
const verbCodes: Readonly<Record<OptionVerb, number>> = { WILL: 0xfb, WONT: 0xfc, DO: 0xfd, DONT: 0xfe };
const verbsByCode = new Map(Object.entries(verbCodes).map(([verb, code]) => [code, verb as OptionVerb]));

/** A sub-negotiation of a serial port has 6 bytes, a signature a few dozen. More is cut, so that no peer fills our memory. */
const maxSubnegotiationBytes = 4096;

type State = 'data' | 'after-iac' | 'after-verb' | 'in-sb' | 'in-sb-after-iac';

/** Splits what a Telnet peer sends into {@link TelnetEvent}s. Keeps its state between chunks: they may be cut anywhere. */
export class TelnetParser {
  #state: State = 'data';
  #verb: OptionVerb = 'WILL';
  #subnegotiation: number[] = [];

  /** The events of `chunk`; data before a command stands before it, so that their order is kept. */
  push(chunk: Buffer): TelnetEvent[] {
    const events: TelnetEvent[] = [];
    const data = Buffer.allocUnsafe(chunk.length);
    let dataStart = 0;
    let dataEnd = 0;
    const endData = (): void => {
      if (dataEnd > dataStart) events.push({ kind: 'data', bytes: data.subarray(dataStart, dataEnd) });
      dataStart = dataEnd;
    };

    for (const byte of chunk) {
      switch (this.#state) {
        case 'data':
          if (byte === IAC) this.#state = 'after-iac';
          else data[dataEnd++] = byte;
          break;
        case 'after-iac': {
          const verb = verbsByCode.get(byte);
          this.#state = 'data';
          if (byte === IAC) data[dataEnd++] = IAC;
          else if (byte === SB) this.#startSubnegotiation();
          else if (verb !== undefined) {
            this.#verb = verb;
            this.#state = 'after-verb';
          }
          // Anything else (NOP, a lost SE, …) means nothing to a serial port.
          break;
        }
        case 'after-verb':
          endData();
          events.push({ kind: 'option', verb: this.#verb, option: byte });
          this.#state = 'data';
          break;
        case 'in-sb':
          if (byte === IAC) this.#state = 'in-sb-after-iac';
          else this.#keep(byte);
          break;
        case 'in-sb-after-iac':
          this.#state = 'in-sb';
          if (byte === IAC) this.#keep(IAC);
          else if (byte === SE) {
            this.#state = 'data';
            const [option, ...value] = this.#subnegotiation;
            endData();
            if (option !== undefined) {
              events.push({ kind: 'subnegotiation', option, value: Buffer.from(value) });
            }
          }
          break;
      }
    }
    endData();
    return events;
  }

  #startSubnegotiation(): void {
    this.#subnegotiation = [];
    this.#state = 'in-sb';
  }

  #keep(byte: number): void {
    if (this.#subnegotiation.length < maxSubnegotiationBytes) this.#subnegotiation.push(byte);
  }
}

/** Data as it goes over the wire: each FF is doubled. */
export function escapeData(bytes: Buffer): Buffer {
  let count = 0;
  for (const byte of bytes) if (byte === IAC) count++;
  if (count === 0) return bytes;
  const escaped = Buffer.allocUnsafe(bytes.length + count);
  let end = 0;
  for (const byte of bytes) {
    escaped[end++] = byte;
    if (byte === IAC) escaped[end++] = IAC;
  }
  return escaped;
}

export function encodeOption(verb: OptionVerb, option: number): Buffer {
  return Buffer.from([IAC, verbCodes[verb], option]);
}

export function encodeSubnegotiation(option: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([IAC, SB, option]), escapeData(value), Buffer.from([IAC, SE])]);
}
