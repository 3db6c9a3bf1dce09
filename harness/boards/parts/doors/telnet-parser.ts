/** Telnet's bytes. @see RFC 854 */
export const Telnet = {
  IAC: 0xff,
  SB: 0xfa,
  SE: 0xf0,
  WILL: 0xfb,
  WONT: 0xfc,
  DO: 0xfd,
  DONT: 0xfe,
} as const;

/** What a Telnet stream is made of, in its order. */
export type TelnetItem =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'option'; readonly verb: number; readonly option: number }
  | { readonly kind: 'subnegotiation'; readonly option: number; readonly value: Buffer };

/** A sub-negotiation of RFC 2217 has 6 bytes at most, a signature some more. */
const MAX_SUBNEGOTIATION_LENGTH = 256;

type Expecting =
  | { readonly state: 'data' | 'command' | 'sb-option' | 'sb' | 'sb-command' }
  | { readonly state: 'option'; readonly verb: number };

/** Takes a Telnet stream apart. Chunks may be split anywhere. */
export class TelnetParser {
  #expecting: Expecting = { state: 'data' };
  #option = 0;
  #value: number[] = [];

  parse(chunk: Uint8Array): TelnetItem[] {
    const items: TelnetItem[] = [];
    let data: number[] = [];
    const flush = (): void => {
      if (data.length > 0) items.push({ kind: 'data', bytes: Buffer.from(data) });
      data = [];
    };
    for (const byte of chunk) {
      const { state } = this.#expecting;
      if (state === 'data' && byte !== Telnet.IAC) {
        data.push(byte);
      } else if (state === 'command' && byte === Telnet.IAC) {
        data.push(byte); // Doubled: the byte itself.
        this.#expecting = { state: 'data' };
      } else {
        const item = this.#step(byte);
        if (item !== undefined) {
          flush();
          items.push(item);
        }
      }
    }
    flush();
    return items;
  }

  #step(byte: number): TelnetItem | undefined {
    const expecting = this.#expecting;
    switch (expecting.state) {
      case 'data':
        this.#expecting = { state: 'command' };
        return undefined;
      case 'command':
        if (byte === Telnet.SB) this.#expecting = { state: 'sb-option' };
        else if (byte >= Telnet.WILL) this.#expecting = { state: 'option', verb: byte };
        else this.#expecting = { state: 'data' }; // NOP, AYT, a stray SE…: nothing to do.
        return undefined;
      case 'option':
        this.#expecting = { state: 'data' };
        return { kind: 'option', verb: expecting.verb, option: byte };
      case 'sb-option':
        this.#option = byte;
        this.#value = [];
        this.#expecting = { state: 'sb' };
        return undefined;
      case 'sb':
        if (byte === Telnet.IAC) this.#expecting = { state: 'sb-command' };
        else this.#keep(byte);
        return undefined;
      case 'sb-command':
        if (byte === Telnet.IAC) {
          this.#keep(byte);
          this.#expecting = { state: 'sb' };
          return undefined;
        }
        this.#expecting = { state: 'data' };
        // Anything else than SE breaks the sub-negotiation off.
        if (byte !== Telnet.SE) return undefined;
        return { kind: 'subnegotiation', option: this.#option, value: Buffer.from(this.#value) };
    }
  }

  #keep(byte: number): void {
    if (this.#value.length < MAX_SUBNEGOTIATION_LENGTH) this.#value.push(byte);
  }
}

/** Doubles every IAC, so that data passes as data. */
export function escapeIac(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(Telnet.IAC)) return bytes;
  const escaped: number[] = [];
  for (const byte of bytes) {
    escaped.push(byte);
    if (byte === Telnet.IAC) escaped.push(byte);
  }
  return Buffer.from(escaped);
}
