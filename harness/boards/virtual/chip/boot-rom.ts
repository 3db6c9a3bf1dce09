import { runBootloader } from './bootloader.ts';
import { BootConsole } from './boot-console.ts';
import type { TimedText } from './boot-console.ts';
import type { Boot, BootEnd } from './boot.ts';
import { BOOTLOADER_OFFSET } from './flash-chip.ts';
import type { FlashChip } from './flash-chip.ts';
import { romName } from './reset-cause.ts';
import type { ResetCause } from './reset-cause.ts';

const IMAGE_MAGIC = 0xe9;
const IMAGE_HEADER_LENGTH = 24;
const SEGMENT_HEADER_LENGTH = 8;
const FLASH_MODES = ['QIO', 'QOUT', 'DIO', 'DOUT'];
/** The ROM divides the 80 MHz of its bus by this. */
const CLOCK_DIVIDERS: ReadonlyMap<number, number> = new Map([
  [0x0, 2],
  [0x1, 3],
  [0x2, 4],
  [0xf, 1],
]);

/** From EN's rise to the banner. */
const START_US = 1000;
/** The ROM tries an empty flash again after this long, until its watchdog bites: seen in users' logs. */
const RETRY_US = 46_000;
const WATCHDOG_US = 370_000;
/** Reading the flash at 40 MHz, two bits at a time. */
const LOAD_US_PER_KIB = 100;

/** Boots from flash: ROM, bootloader, up to where the application starts. */
export function bootFromFlash(flash: FlashChip, cause: ResetCause): Boot {
  const console = new BootConsole();
  printBanner(console, cause, '0x13 (SPI_FAST_FLASH_BOOT)');
  const end = loadBootloader(flash, console) ? runBootloader(flash, console, cause) : bitten(console);
  return { texts: console.texts, end, endUs: console.drainedUs };
}

/** What the ROM says before it waits for the loader's SYNC. */
export function bootIntoLoader(cause: ResetCause): readonly TimedText[] {
  const console = new BootConsole();
  printBanner(console, cause, '0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))');
  console.print('waiting for download');
  return console.texts;
}

function printBanner(console: BootConsole, cause: ResetCause, mode: string): void {
  console.work(START_US);
  console.print('ets Jul 29 2019 12:21:46');
  console.print('');
  console.print(`${romName(cause)},boot:${mode}`);
}

/** The ROM's part: reads the image at 0x1000 into RAM. False when there is nothing that could run. */
function loadBootloader(flash: FlashChip, console: BootConsole): boolean {
  const header = flash.read(BOOTLOADER_OFFSET, IMAGE_HEADER_LENGTH);
  const [magic = 0, segments = 0, mode = 0, speedAndSize = 0] = header;
  if (magic !== IMAGE_MAGIC) {
    const word = header.readUInt32LE(0).toString(16).padStart(8, '0');
    for (let atUs = START_US; atUs < WATCHDOG_US; atUs += RETRY_US) {
      console.workUntil(atUs);
      console.print(`invalid header: 0x${word}`);
    }
    return false;
  }
  console.print('configsip: 0, SPIWP:0xee');
  console.print('clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00');
  console.print(
    `mode:${FLASH_MODES[mode] ?? 'SLOW_RD'}, clock div:${CLOCK_DIVIDERS.get(speedAndSize & 0xf) ?? 2}`,
  );

  let checksum = 0xef;
  let at = BOOTLOADER_OFFSET + IMAGE_HEADER_LENGTH;
  for (let index = 0; index < segments; index++) {
    if (!flash.holds(at, SEGMENT_HEADER_LENGTH)) return false;
    const address = flash.read(at, 4).readUInt32LE();
    const length = flash.read(at + 4, 4).readInt32LE();
    console.print(`load:0x${address.toString(16).padStart(8, '0')},len:${length}`);
    at += SEGMENT_HEADER_LENGTH;
    // An application at the bootloader's place, or garbage: the copy never comes back.
    if (!isRam(address) || length < 0 || !flash.holds(at, length)) return false;
    console.work((length / 1024) * LOAD_US_PER_KIB);
    for (const byte of flash.read(at, length)) checksum ^= byte;
    at += length;
  }
  const read = flash.read(at | 0xf, 1)[0] ?? 0;
  if (checksum !== read) {
    console.print(`csum err:0x${hexByte(checksum)}!=0x${hexByte(read)}`);
    console.print('ets_main.c 384 ');
    return false;
  }
  console.print(`entry 0x${header.readUInt32LE(4).toString(16)}`);
  return true;
}

function bitten(console: BootConsole): BootEnd {
  console.workUntil(WATCHDOG_US);
  return { kind: 'reset', cause: 'rom-watchdog' };
}

/** Internal RAM of the ESP32 that a bootloader is loaded to. */
function isRam(address: number): boolean {
  return (
    (address >= 0x3ffa_e000 && address < 0x4000_0000) || (address >= 0x4007_0000 && address < 0x400a_0000)
  );
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
