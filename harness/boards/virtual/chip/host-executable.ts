/** ELF's numbers of the machines that Node.js runs on. @see elf.h (EM_…) */
const ELF_MACHINES: Readonly<Partial<Record<NodeJS.Architecture, number>>> = {
  ia32: 3,
  ppc64: 21,
  s390x: 22,
  arm: 40,
  x64: 62,
  arm64: 183,
  riscv64: 243,
  loong64: 258,
};
const ELF_MAGIC = Buffer.from('\x7fELF', 'latin1');
const MACHINE_AT = 18;

/**
 * Why this host can't run a program; `undefined` when nothing speaks against it.
 *
 * The system would say so, too, but only of an empty file: any other that it doesn't know it hands to a shell.
 */
export function whyNotRunnable(program: Uint8Array): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const file = Buffer.from(program.buffer, program.byteOffset, program.byteLength);
  if (file.length < MACHINE_AT + 2 || !file.subarray(0, ELF_MAGIC.length).equals(ELF_MAGIC)) {
    return 'it is no ELF file';
  }
  const machine = file.readUInt16LE(MACHINE_AT);
  const expected = ELF_MACHINES[process.arch];
  if (expected === undefined || machine === expected) return undefined;
  return `it was built for ELF machine ${machine}, this is ${expected} (${process.arch})`;
}
