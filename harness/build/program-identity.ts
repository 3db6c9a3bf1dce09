import { ELF_SHA256_AT, parseAppDescription } from './app-description.ts';
import { findElfSection } from './elf.ts';

/** Name of the section that the firmware's description has in the ELF file. */
const DESCRIPTION_SECTION = '.rodata_desc';

/**
 * Writes the SHA-256 that a program is to be known by into its own description, in place; returns the description.
 *
 * @throws RangeError when `program` is no ELF file with a description.
 */
export function writeElfSha256(program: Buffer, elfSha256: string): Buffer {
  const section = findElfSection(program, DESCRIPTION_SECTION);
  const description = section && program.subarray(section.offset, section.offset + section.length);
  if (description === undefined || parseAppDescription(description) === undefined) {
    throw new RangeError(`the program has no application description in section ${DESCRIPTION_SECTION}`);
  }
  description.write(elfSha256, ELF_SHA256_AT, 32, 'hex');
  return description;
}
