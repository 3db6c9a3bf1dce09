import type { Datagram } from '../record/events.ts';

/** The number that a payload ends with, ` #17`; absent where it ends otherwise, or was not recorded to its end. */
export function payloadNumber({
  payloadHex,
  length,
}: Pick<Datagram, 'payloadHex' | 'length'>): number | undefined {
  if (payloadHex.length !== 2 * length) return undefined;
  const [, digitsHex] = /^(?:..)*2023((?:3[0-9]){1,10})$/.exec(payloadHex) ?? [];
  return digitsHex === undefined ? undefined : Number(digitsHex.replaceAll(/3(.)/g, '$1'));
}
