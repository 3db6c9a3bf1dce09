import type { LoaderFault } from '../../parts/fault.ts';
import { SpiController } from './spi-controller.ts';

const XTAL_HZ = 40_000_000;

const CHIP_MAGIC = 0x4000_1000;
const EFUSE = 0x3ff5_a000;
const APB_DATE = 0x3ff6_607c;
const UART0_DIVIDER = 0x3ff4_0014;
const RTC_CALIBRATION = 0x3ff5_f06c;
const SPI1 = 0x3ff4_2000;
const SPI1_END = SPI1 + 0x100;

/**
 * An ESP32-D0WDQ6, revision v3.0, 240 MHz, no coding scheme, no security: what identifies it in the registers.
 *
 * @see ESP-IDF `components/soc/esp32/register/soc/efuse_reg.h`
 */
const IDENTITY: ReadonlyMap<number, number> = new Map([
  [CHIP_MAGIC, 0x00f0_1d83],
  [EFUSE + 0x0c, 0x0000_a000], // bit 15: revision bit 0; bit 13: the rated frequency is valid, 240 MHz
  [EFUSE + 0x10, 0x0000_10b2], // calibration of the 8 MHz clock, reference voltage
  [EFUSE + 0x14, 0x0010_0000], // bit 20: revision bit 1
  [APB_DATE, 0x9604_2000], // bit 31: revision bit 2
  // Ticks of the crystal in 8 MHz-clock cycles: 575 × 15625 × 178 / 40 is about 40 MHz.
  [RTC_CALIBRATION, 575 << 7],
]);

/** Registers that show a fault. */
const FAULTS: Partial<Record<LoaderFault, ReadonlyMap<number, number>>> = {
  'secure-boot': new Map([[EFUSE + 0x18, 1 << 4]]), // ABS_DONE_0
  // An odd number of bits in FLASH_CRYPT_CNT, and the download mode's encryption switched off.
  'flash-encryption': new Map([
    [EFUSE, 1 << 20],
    [EFUSE + 0x18, 1 << 7],
  ]),
  'other-chip': new Map([[CHIP_MAGIC, 0x0000_07c6]]), // ESP32-S2
};

/** What registers show besides themselves. */
export interface RegisterSources {
  /** UART0's rate at the moment. */
  baudRate(): number;
  /** What is wrong with the chip. */
  fault(): LoaderFault;
}

/** The chip's memory map as far as a loader's READ_REG and WRITE_REG see it; everything else reads as 0. */
export class Registers {
  readonly #mac: Buffer;
  readonly #sources: RegisterSources;
  readonly #spi: SpiController;

  /**
   * @param mac `24:0a:0a:c4:12:34`
   */
  constructor(mac: string, sources: RegisterSources) {
    this.#mac = Buffer.from(mac.replaceAll(':', ''), 'hex');
    this.#sources = sources;
    this.#spi = new SpiController(() => sources.fault() === 'small-flash');
  }

  read(address: number): number {
    if (address >= SPI1 && address < SPI1_END) return this.#spi.read(address - SPI1);
    const fault = FAULTS[this.#sources.fault()]?.get(address);
    if (fault !== undefined) return fault;
    switch (address) {
      case UART0_DIVIDER:
        return Math.floor(XTAL_HZ / this.#sources.baudRate());
      case EFUSE + 0x04:
        return this.#mac.readUInt32BE(2);
      case EFUSE + 0x08:
        return ((crc8(this.#mac) << 16) | this.#mac.readUInt16BE(0)) >>> 0;
      default:
        return IDENTITY.get(address) ?? 0;
    }
  }

  /** Changes the bits of `mask`. Registers that only identify the chip stay as they are. */
  write(address: number, value: number, mask: number): void {
    if (address < SPI1 || address >= SPI1_END) return;
    const offset = address - SPI1;
    this.#spi.write(offset, ((this.#spi.read(offset) & ~mask) | (value & mask)) >>> 0);
  }
}

/** CRC-8 of the MAC address in the eFuses: polynomial x⁸+x⁵+x⁴+1, least significant bit first. */
function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0x8c : crc >> 1;
  }
  return crc;
}
