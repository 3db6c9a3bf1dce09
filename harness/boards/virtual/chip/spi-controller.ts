/** SPI1 of the ESP32, the controller in front of the flash chip: offsets of its "user command" registers. */
const CMD = 0x00;
const ADDR = 0x04;
const USER2 = 0x24;
const W0 = 0x80;

/** Bit of CMD that runs the command; reads back as 0 when it is done. */
const CMD_USR = 1 << 18;

const STATUS_WRITE_ENABLED = 0x02;

/**
 * JEDEC ID of a GigaDevice GD25Q32: C8, type 40, capacity 2^16h = 4 MB; the first byte on the wire is the lowest.
 */
const JEDEC_ID = [0xc8, 0x40, 0x16];
/** The same, with 2^12h = 256 KB. */
const SMALL_JEDEC_ID = [0xc8, 0x40, 0x12];

/**
 * Serial Flash Discoverable Parameters (JESD216): header, then where the tables are. The second table's ID, at 0x10,
 * is the maker.
 */
const SFDP = [
  ...[0x53, 0x46, 0x44, 0x50, 0x00, 0x01, 0x01, 0xff],
  ...[0x00, 0x00, 0x01, 0x09, 0x30, 0x00, 0x00, 0xff],
  ...[0xc8, 0x00, 0x01, 0x03, 0x60, 0x00, 0x00, 0xff],
];

/** What a loader's READ_REG and WRITE_REG reach at 0x3FF42000: enough to send the flash chip a command. */
export class SpiController {
  readonly #registers = new Map<number, number>();
  readonly #isSmall: () => boolean;
  #status = 0;

  /** @param isSmall whether the flash chip says that it has 256 KB only */
  constructor(isSmall: () => boolean) {
    this.#isSmall = isSmall;
  }

  read(offset: number): number {
    return this.#registers.get(offset) ?? 0;
  }

  write(offset: number, value: number): void {
    if (offset === CMD && (value & CMD_USR) !== 0) {
      this.#run();
      value &= ~CMD_USR;
    }
    this.#registers.set(offset, value >>> 0);
  }

  #run(): void {
    const answer = this.#command(this.read(USER2) & 0xff, this.read(ADDR) >>> 8);
    if (answer === undefined) return;
    for (let word = 0; word * 4 < answer.length; word++) {
      let value = 0;
      for (let byte = 3; byte >= 0; byte--) value = (value << 8) | (answer[word * 4 + byte] ?? 0);
      this.#registers.set(W0 + word * 4, value >>> 0);
    }
  }

  #command(opcode: number, address: number): readonly number[] | undefined {
    switch (opcode) {
      case 0x9f: // read ID
        return this.#isSmall() ? SMALL_JEDEC_ID : JEDEC_ID;
      case 0x5a: // read SFDP
        return Array.from({ length: 64 }, (_, index) => SFDP[address + index] ?? 0xff);
      case 0x05: // read status, lowest byte first
        return [this.#status & 0xff];
      case 0x35:
        return [(this.#status >> 8) & 0xff];
      case 0x15:
        return [(this.#status >> 16) & 0xff];
      case 0x06: // write enable
        this.#status |= STATUS_WRITE_ENABLED;
        return undefined;
      case 0x04: // write disable
        this.#status &= ~STATUS_WRITE_ENABLED;
        return undefined;
      case 0x01: // write status: the value stands in W0
        this.#status = this.read(W0) & 0xffff & ~STATUS_WRITE_ENABLED;
        return undefined;
      default: // 66, 99 reset, and whatever else: no answer
        return undefined;
    }
  }
}
