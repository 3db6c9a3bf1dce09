import { BenchError } from '../errors.ts';
import type { RomLoader } from './rom-loader.ts';

/** What an ESP32 tells about itself in its loader. */
export interface Esp32Identity {
  readonly chip: 'ESP32';
  /** Factory MAC address, `24:0a:c4:12:34:56`. */
  readonly mac: string;
}

/** A word of the ROM that differs from chip to chip. */
const chipMagicAddress = 0x4000_1000;
const esp32Magic = 0x00f0_1d83;

/** Chips that would be found here by mistake. @see esptool, targets */
const otherChips: ReadonlyMap<number, string> = new Map([
  [0xfff0_c101, 'ESP8266'],
  [0x0000_07c6, 'ESP32-S2'],
  [0x0000_0009, 'ESP32-S3'],
  [0x6921_506f, 'ESP32-C3'],
  [0x1b31_506f, 'ESP32-C3'],
  [0x4881_606f, 'ESP32-C3'],
  [0x4361_606f, 'ESP32-C3'],
  [0x2ce0_806f, 'ESP32-C6'],
  [0xd7b7_3e80, 'ESP32-H2'],
]);

const efuse = {
  flashCryptCount: 0x3ff5_a000,
  macLow: 0x3ff5_a004,
  macHigh: 0x3ff5_a008,
  secureBoot: 0x3ff5_a018,
};
/** ABS_DONE_0 and ABS_DONE_1: secure boot version 1 and 2. */
const secureBootBits = 0b11 << 4;

/** SPI1, the controller in front of the flash chip. @see ESP-IDF soc/esp32/register/soc/spi_reg.h */
const spi = {
  command: 0x3ff4_2000,
  user: 0x3ff4_201c,
  user2: 0x3ff4_2024,
  misoLength: 0x3ff4_202c,
  word0: 0x3ff4_2080,
};
const runCommand = 1 << 18;
const hasCommandAndAnswer = (2 ** 31 + 2 ** 28) >>> 0;
const eightBitCommand = 7 << 28;
const readJedecId = 0x9f;

/**
 * Makes sure that the chip is an ESP32 whose flash takes plain images.
 *
 * @throws BenchError `FLASH_WRONG_CHIP`, `FLASH_ENCRYPTED`, `FLASH_SECURE_BOOT`.
 */
export async function identifyEsp32(loader: RomLoader): Promise<Esp32Identity> {
  const magic = await loader.readRegister(chipMagicAddress);
  if (magic !== esp32Magic) {
    throw new BenchError('FLASH_WRONG_CHIP', {
      what: `The board has an ${otherChips.get(magic) ?? 'unknown chip'} (magic 0x${hex(magic, 8)}), not an ESP32`,
      next: 'choose the port of an ESP32 board, or flash with esptool',
    });
  }
  const cryptCount = ((await loader.readRegister(efuse.flashCryptCount)) >>> 20) & 0x7f;
  // An odd number of bits set: encryption is on.
  if (countBits(cryptCount) % 2 === 1) {
    throw new BenchError('FLASH_ENCRYPTED', {
      what: "The board's flash is encrypted: a plain image would not boot from it",
      next: 'use a development board without flash encryption',
    });
  }
  if (((await loader.readRegister(efuse.secureBoot)) & secureBootBits) !== 0) {
    throw new BenchError('FLASH_SECURE_BOOT', {
      what: 'The board is locked: it runs signed images only, and protects its bootloader',
      next: 'use a development board without secure boot: a run flashes what was just built, unsigned',
    });
  }
  const low = await loader.readRegister(efuse.macLow);
  const high = await loader.readRegister(efuse.macHigh);
  const digits = hex(high & 0xffff, 4) + hex(low, 8);
  return { chip: 'ESP32', mac: digits.match(/../g)?.join(':') ?? digits };
}

/**
 * Size of the flash chip in bytes, by its JEDEC ID. The flash must be attached.
 *
 * @throws BenchError `FLASH_CHIP_MISSING` when no chip answers.
 */
export async function readFlashSize(loader: RomLoader): Promise<number> {
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
