import { APP_DESCRIPTION_LENGTH } from './app-description.ts';
import type { EspImage } from './esp-image.ts';

/**
 * A firmware built for the host travels in an ESP32 image: in the first segment, behind the application's
 * description, stand `HOSTELF\0`, the length as u64 (little-endian) and an ELF file for the host.
 */
const MARK = Buffer.from('HOSTELF\0', 'latin1');
const PROGRAM_AT = APP_DESCRIPTION_LENGTH + MARK.length + 8;

/** The ELF file in the image, or `undefined` when it holds none: a firmware for a real chip. */
export function findHostProgram(image: EspImage): Buffer | undefined {
  const data = image.segments[0]?.data;
  if (data === undefined || data.length < PROGRAM_AT) return undefined;
  if (!data.subarray(APP_DESCRIPTION_LENGTH, APP_DESCRIPTION_LENGTH + MARK.length).equals(MARK))
    return undefined;
  const length = data.readBigUInt64LE(PROGRAM_AT - 8);
  return length > data.length - PROGRAM_AT
    ? undefined
    : data.subarray(PROGRAM_AT, PROGRAM_AT + Number(length));
}

/** The data of the first segment of an image that carries `program`, padded to 4 bytes. */
export function packHostProgram(description: Buffer, program: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(program.length));
  const padding = Buffer.alloc(-program.length & 3);
  return Buffer.concat([description, MARK, length, program, padding]);
}
