/** What ROM, second-stage bootloader and start-up code say between a reset and `app_main`. */
import type { Statement } from './device-event.ts';
import type { LogLine } from './log-line.ts';

const ROM_BOOT = /rst:0x([0-9a-f]+) \(([^)]*)\),boot:0x([0-9a-f]+) \((.*)\)\s*$/i;
const BOOTLOADER = /^ESP-IDF (\S+) 2nd stage bootloader/;
const ADDRESS = String.raw`((?:\d{1,3}\.){3}\d{1,3})`;

/** The comma proves that the last number is whole: a line may be cut anywhere. */
const IP_ADDRESS = [new RegExp(`IPv4 address: ${ADDRESS},`), new RegExp(`\\bip: ${ADDRESS},`)];

/** Printed by the ROM, without a log prefix, when it can't start what the flash holds. */
const ROM_ERRORS = [
  /^invalid header: 0x[0-9a-f]+/,
  /^flash read err, \S+/,
  /^csum err:.*/,
  /^ets_main\.c \d+/,
  /^Falling back to built-in command interpreter\./,
];
const BOOTLOADER_TAGS = new Set(['boot', 'esp_image', 'flash_parts', 'bootloader_flash', 'boot_comm']);

/** What a line of the boot says; `undefined` when it is none or says nothing of interest. */
export function parseBootLine(text: string, logLine: LogLine | undefined): Statement | undefined {
  const rom = ROM_BOOT.exec(text);
  if (rom !== null) {
    const [, resetCode = '', resetReasonName = '', bootCode = '', bootMode = ''] = rom;
    return {
      kind: 'rom-boot',
      resetReasonCode: parseInt(resetCode, 16),
      resetReasonName,
      bootModeCode: parseInt(bootCode, 16),
      bootMode,
    };
  }
  if (/^waiting for download\s*$/.test(text)) return { kind: 'download-mode' };
  const romError = ROM_ERRORS.map((error) => error.exec(text)).find((match) => match !== null);
  if (romError !== undefined) return { kind: 'bootloader-error', message: romError[0] };
  return logLine && parseStartUpLine(logLine);
}

function parseStartUpLine({ level, tag, message }: LogLine): Statement | undefined {
  if (level === 'E' && BOOTLOADER_TAGS.has(tag)) return { kind: 'bootloader-error', message };
  const bootloader = tag === 'boot' ? BOOTLOADER.exec(message) : null;
  if (bootloader !== null) return { kind: 'bootloader', idfVersion: bootloader[1] ?? '' };
  // The application describes itself under `app_init`, before v5.2 under `cpu_start`.
  if (tag === 'app_init' || tag === 'cpu_start') return parseAppDescription(message);
  // FreeRTOS's simulator on the linux target says it; on a chip the scheduler says nothing of the kind.
  if (tag === 'port' && message === 'Starting scheduler.') return { kind: 'scheduler-start' };
  if (message === 'Please input ssid password:') return { kind: 'waiting-for-credentials' };
  for (const pattern of IP_ADDRESS) {
    const address = pattern.exec(message)?.[1];
    if (address !== undefined && isIpv4(address)) return { kind: 'ip-address', address };
  }
  return undefined;
}

function parseAppDescription(message: string): Statement | undefined {
  const [, name = '', value = ''] = /^([^:]+):\s+(\S.*?)\s*$/.exec(message) ?? [];
  switch (name) {
    case 'Project name':
      return { kind: 'project-name', projectName: value };
    case 'App version':
      return { kind: 'app-version', version: value };
    case 'ESP-IDF':
      return { kind: 'idf-version', idfVersion: value };
    case 'ELF file SHA256': {
      const prefixHex = /^([0-9a-f]+)(?:\.\.\.)?$/i.exec(value)?.[1];
      return prefixHex === undefined ? undefined : { kind: 'elf-sha256', prefixHex: prefixHex.toLowerCase() };
    }
    default:
      return undefined;
  }
}

function isIpv4(address: string): boolean {
  return address.split('.').every((part) => Number(part) <= 255);
}
