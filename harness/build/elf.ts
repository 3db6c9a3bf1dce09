/** Where a section's bytes are in an ELF file. */
export interface ElfSection {
  readonly offset: number;
  readonly length: number;
}

const MAGIC = 0x7f454c46;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;

/**
 * Finds a section of a 64-bit little-endian ELF file by its name; `undefined` when there is none.
 *
 * @throws RangeError when `elf` is no such file.
 * @see elf(5)
 */
export function findElfSection(elf: Buffer, name: string): ElfSection | undefined {
  if (elf.length < 64 || elf.readUInt32BE(0) !== MAGIC || elf[4] !== CLASS_64 || elf[5] !== LITTLE_ENDIAN) {
    throw new RangeError('not a 64-bit little-endian ELF file');
  }
  const headersAt = Number(elf.readBigUInt64LE(0x28));
  const headerLength = elf.readUInt16LE(0x3a);
  const count = elf.readUInt16LE(0x3c);
  const headers = Array.from({ length: count }, (_, index) => elf.subarray(headersAt + index * headerLength));
  const names = headers[elf.readUInt16LE(0x3e)];
  if (names === undefined) return undefined;
  const namesAt = sectionOf(names).offset;

  const found = headers.find((header) => {
    const at = namesAt + header.readUInt32LE(0);
    return elf.toString('latin1', at, elf.indexOf(0, at)) === name;
  });
  return found && sectionOf(found);
}

function sectionOf(header: Buffer): ElfSection {
  return { offset: Number(header.readBigUInt64LE(0x18)), length: Number(header.readBigUInt64LE(0x20)) };
}
