/**
 * What a UART at `toBaud` makes of bytes that were sent at `fromBaud`: 8 data bits, no parity, one stop bit.
 * With rates further apart than about 4 % the sampling points slip into other bits, and garbage arrives.
 *
 *     idle ‾‾\_start_/ d0 d1 d2 d3 d4 d5 d6 d7 /‾stop‾\…      (least significant bit first)
 */
export function resample(bytes: Uint8Array, fromBaud: number, toBaud: number): Buffer {
  if (fromBaud === toBaud) return Buffer.from(bytes);
  const end = bytes.length * BITS_PER_BYTE;
  /** Length of the receiver's bit, in bits of the sender. */
  const bit = fromBaud / toBaud;
  const received: number[] = [];
  let at = 0;
  for (;;) {
    while (at < end && levelAt(bytes, at) === 1) at = Math.floor(at) + 1;
    if (at >= end) return Buffer.from(received);
    if (levelAt(bytes, at + bit / 2) === 1) {
      at = Math.floor(at) + 1; // Too short for a start bit: noise.
      continue;
    }
    let byte = 0;
    for (let index = 0; index < 8; index++) byte |= levelAt(bytes, at + (1.5 + index) * bit) << index;
    received.push(byte);
    at += 9.5 * bit;
    // Without a stop bit the receiver waits for the line to rise, and only then for the next start bit.
    while (at < end && levelAt(bytes, at) === 0) at = Math.floor(at) + 1;
  }
}

/** Bits on the wire for each byte: start, 8 data, stop. */
export const BITS_PER_BYTE = 10;

function levelAt(bytes: Uint8Array, at: number): 0 | 1 {
  const index = Math.floor(at / BITS_PER_BYTE);
  const byte = bytes[index];
  if (byte === undefined) return 1;
  const bit = Math.floor(at) - index * BITS_PER_BYTE;
  if (bit === 0) return 0;
  if (bit === BITS_PER_BYTE - 1) return 1;
  return ((byte >> (bit - 1)) & 1) === 1 ? 1 : 0;
}
