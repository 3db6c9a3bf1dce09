/** A kind of chip that can be flashed by the loader in its ROM: what differs from one to the next. */
export interface Chip {
  readonly name: string;
  /** As ESP-IDF calls it: `esp32c3`. */
  readonly target: string;
  /** Its number in the head of an image. @see ESP-IDF bootloader_support/include/esp_app_format.h */
  readonly imageId: number;
  /** A word of its ROM by which it is recognised, one a revision. @see esptool, targets */
  readonly magics: readonly number[];
  readonly efuse: {
    /** An odd number of bits set in it: flash encryption is on. */
    readonly cryptCount: { readonly address: number; readonly shift: number; readonly mask: number };
    /** Any bit set in it: secure boot is on. */
    readonly secureBoot: { readonly address: number; readonly mask: number };
    readonly macLow: number;
    readonly macHigh: number;
  };
  /** SPI1, the controller in front of the flash chip. @see ESP-IDF soc, spi_reg.h and spi_mem_reg.h */
  readonly spi: {
    readonly command: number;
    readonly user: number;
    readonly user2: number;
    readonly misoLength: number;
    readonly word0: number;
  };
  /** Whether its loader wants to be told with each write if the data is encrypted. */
  readonly asksForEncryption: boolean;
}

/** Where the loader finds the word that differs from chip to chip. */
export const chipMagicAddress = 0x4000_1000;

/** The chips that the harness's own flasher knows. */
export const chips: readonly Chip[] = [
  {
    name: 'ESP32',
    target: 'esp32',
    imageId: 0,
    magics: [0x00f0_1d83],
    efuse: {
      cryptCount: { address: 0x3ff5_a000, shift: 20, mask: 0x7f },
      // ABS_DONE_0 and ABS_DONE_1: secure boot version 1 and 2.
      secureBoot: { address: 0x3ff5_a018, mask: 0b11 << 4 },
      macLow: 0x3ff5_a004,
      macHigh: 0x3ff5_a008,
    },
    spi: {
      command: 0x3ff4_2000,
      user: 0x3ff4_201c,
      user2: 0x3ff4_2024,
      misoLength: 0x3ff4_202c,
      word0: 0x3ff4_2080,
    },
    asksForEncryption: false,
  },
  {
    name: 'ESP32-C3',
    target: 'esp32c3',
    imageId: 5,
    magics: [0x6921_506f, 0x1b31_506f, 0x4881_606f, 0x4361_606f],
    efuse: {
      cryptCount: { address: 0x6000_8834, shift: 18, mask: 0x7 },
      secureBoot: { address: 0x6000_8838, mask: 1 << 20 },
      macLow: 0x6000_8844,
      macHigh: 0x6000_8848,
    },
    spi: {
      command: 0x6000_2000,
      user: 0x6000_2018,
      user2: 0x6000_2020,
      misoLength: 0x6000_2028,
      word0: 0x6000_2058,
    },
    asksForEncryption: true,
  },
];

/** Names of chips that are recognised, to be refused by their name. @see esptool, targets */
const otherChips: ReadonlyMap<number, string> = new Map([
  [0xfff0_c101, 'ESP8266'],
  [0x0000_07c6, 'ESP32-S2'],
  [0x0000_0009, 'ESP32-S3'],
  [0x2ce0_806f, 'ESP32-C6'],
  [0xd7b7_3e80, 'ESP32-H2'],
]);

/** Name of a chip that is none of {@link chips}, by its magic. */
export function nameOtherChip(magic: number): string {
  return otherChips.get(magic) ?? 'unknown chip';
}
