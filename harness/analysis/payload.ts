import type { Datagram } from '../record/events.ts';

/**
 * What is wrong with a payload, in words; `undefined` when it is the promised one. Bytes and bits count from 0, bit 0
 * is the least significant.
 *
 * @param datagram - of a long payload only the recorded first bytes are compared, and the length
 * @param expectedHex - the promised payload, whole
 */
export function describePayloadDifference(
  { length, payloadHex }: Pick<Datagram, 'length' | 'payloadHex'>,
  expectedHex: string,
): string | undefined {
  const expected = bytesOf(expectedHex);
  const received = bytesOf(payloadHex);
  if (length === 0 && expected.length > 0) return `empty instead of ${count(expected.length, 'byte')}`;
  if (length > expected.length) {
    const longer = `${count(length, 'byte')} instead of ${expected.length}`;
    return `${longer}: ${describeLonger(received, expected, length) ?? describeText(received)}`;
  }
  if (length < expected.length) {
    return (
      describeShorter(received, expected) ??
      `${count(length, 'byte')} instead of ${expected.length}: ${describeText(received)}`
    );
  }
  return describeChanged(received, expected);
}

function describeLonger(
  received: readonly number[],
  expected: readonly number[],
  length: number,
): string | undefined {
  if (!startsWith(received, expected)) return undefined;
  const rest = received.slice(expected.length);
  const restLength = length - expected.length;
  if (rest.every((byte) => byte === 0)) {
    return restLength === 1 ? 'a terminating NUL was sent' : `${restLength} NULs follow the payload`;
  }
  if (restLength === expected.length && startsWith(rest, expected)) return 'the payload was sent twice';
  return `the payload is followed by ${describeText(rest)}`;
}

function describeShorter(received: readonly number[], expected: readonly number[]): string | undefined {
  if (startsWith(expected, received)) return `truncated after ${count(received.length, 'byte')}`;
  const missing = expected.length - received.length;
  if (startsWith(expected.slice(missing), received)) return `the first ${count(missing, 'byte')} missing`;
  return undefined;
}

function describeChanged(received: readonly number[], expected: readonly number[]): string | undefined {
  const changed = received.flatMap((byte, at) => (byte === expected[at] ? [] : [at]));
  const first = changed[0];
  if (first === undefined) return undefined;
  if (received.every((byte) => byte === 0)) return `${count(received.length, 'NUL')} instead of the payload`;
  if (equal(received, expected.toReversed())) return 'the bytes are in reverse order';
  for (const size of [2, 4]) {
    if (equal(received, swapped(expected, size))) return `the bytes of each ${8 * size}-bit word are swapped`;
  }
  const bits = bitsOf((received[first] ?? 0) ^ (expected[first] ?? 0));
  const values = `0x${hex(received[first])} instead of 0x${hex(expected[first])}`;
  if (changed.length === 1) {
    return bits.length === 1
      ? `bit ${bits.join()} of byte ${first} differs: ${values}`
      : `${bits.length} bits of byte ${first} differ: ${values}`;
  }
  const last = changed.at(-1) ?? first;
  if (last - first < changed.length) {
    const [got, instead] = [received, expected].map((bytes) => describeText(bytes.slice(first, last + 1)));
    return `bytes ${first} to ${last} are ${got ?? ''} instead of ${instead ?? ''}`;
  }
  return `${changed.length} of ${expected.length} bytes differ, the first is byte ${first}: ${values}`;
}

/** Printable ASCII as text, anything else as hex; the first 32 bytes. */
function describeText(bytes: readonly number[]): string {
  const shown = bytes.slice(0, 32);
  const more = bytes.length > shown.length ? '…' : '';
  return shown.every((byte) => byte >= 0x20 && byte < 0x7f)
    ? `"${String.fromCharCode(...shown)}${more}"`
    : `${shown.map(hex).join(' ')}${more}`;
}

/** Numbers of the bits that are set. */
function bitsOf(byte: number): number[] {
  return [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte & (1 << bit)) !== 0);
}

function bytesOf(text: string): number[] {
  return (text.match(/../g) ?? []).map((digits) => parseInt(digits, 16));
}

function hex(byte = 0): string {
  return byte.toString(16).padStart(2, '0');
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && startsWith(a, b);
}

function startsWith(bytes: readonly number[], start: readonly number[]): boolean {
  return start.every((byte, at) => byte === bytes[at]);
}

function swapped(bytes: readonly number[], size: number): number[] {
  return bytes.flatMap((_, at) => (at % size === 0 ? bytes.slice(at, at + size).toReversed() : []));
}
