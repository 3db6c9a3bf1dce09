import { BenchError } from '../errors.ts';
import { chipMagicAddress, chips, nameOtherChip, type Chip } from './chips.ts';
import type { RomLoader } from './rom-loader.ts';

/** What a chip tells about itself in its loader. */
export interface ChipIdentity {
  readonly chip: Chip;
  /** Factory MAC address, `24:0a:c4:12:34:56`. */
  readonly mac: string;
}

const runCommand = 1 << 18;
const hasCommandAndAnswer = (2 ** 31 + 2 ** 28) >>> 0;
const eightBitCommand = 7 << 28;
const readJedecId = 0x9f;

/**
 * Makes sure that the chip is one that is known here, and that its flash takes plain images.
 *
 * @throws BenchError `FLASH_WRONG_CHIP`, `FLASH_ENCRYPTED`, `FLASH_SECURE_BOOT`.
 */
export async function identifyChip(loader: RomLoader): Promise<ChipIdentity> {
  const magic = await loader.readRegister(chipMagicAddress);
  const chip = chips.find(({ magics }) => magics.includes(magic));
  if (chip === undefined) {
    throw new BenchError('FLASH_WRONG_CHIP', {
      what:
        `The board has an ${nameOtherChip(magic)} (magic 0x${hex(magic, 8)}), and the harness's own flasher knows ` +
        `${chips.map(({ name }) => name).join(' and ')} only`,
      next: 'choose the port of such a board, or flash this one with esptool',
    });
  }
  const { cryptCount, secureBoot, macLow, macHigh } = chip.efuse;
  const encryptions =
    ((await loader.readRegister(cryptCount.address)) >>> cryptCount.shift) & cryptCount.mask;
  if (countBits(encryptions) % 2 === 1) {
    throw new BenchError('FLASH_ENCRYPTED', {
      what: "The board's flash is encrypted: a plain image would not boot from it",
      next: 'use a development board without flash encryption',
    });
  }
  if (((await loader.readRegister(secureBoot.address)) & secureBoot.mask) !== 0) {
    throw new BenchError('FLASH_SECURE_BOOT', {
      what: 'The board is locked: it runs signed images only, and protects its bootloader',
      next: 'use a development board without secure boot: a run flashes what was just built, unsigned',
    });
  }
  const low = await loader.readRegister(macLow);
  const high = await loader.readRegister(macHigh);
  const digits = hex(high & 0xffff, 4) + hex(low, 8);
  return { chip, mac: digits.match(/../g)?.join(':') ?? digits };
}

/**
 * Size of the flash chip in bytes, by its JEDEC ID. The flash must be attached.
 *
 * @throws BenchError `FLASH_CHIP_MISSING` when no chip answers.
 */
export async function readFlashSize(loader: RomLoader, { spi }: Chip): Promise<number> {
  const user = await loader.readRegister(spi.user);
  const user2 = await loader.readRegister(spi.user2);
  await loader.writeRegisters(
    { address: spi.misoLength, value: 24 - 1 },
    { address: spi.user, value: hasCommandAndAnswer },
    { address: spi.user2, value: eightBitCommand + readJedecId },
    { address: spi.word0, value: 0 },
    { address: spi.command, value: runCommand },
  );
  // Takes the chip some microseconds, less than a command's way to it.
  const id = await loader.readRegister(spi.word0);
  await loader.writeRegisters({ address: spi.user, value: user }, { address: spi.user2, value: user2 });
  const exponent = (id >>> 16) & 0xff;
  if (exponent >= 16 && exponent <= 28) return 2 ** exponent;
  throw new BenchError('FLASH_CHIP_MISSING', {
    what: `The flash chip does not tell its size (JEDEC ID 0x${hex(id, 6)})`,
    next: 'check the flash chip and its wiring; pins that the chip boots from must be free',
  });
}

function countBits(value: number): number {
  return value.toString(2).replaceAll('0', '').length;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
