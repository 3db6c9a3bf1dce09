import { describe, expect, it } from 'vitest';
import { explainEsptoolFailure } from './esptool-failure.ts';
import { parseProgress, parseReport } from './esptool-output.ts';

describe('progress', () => {
  it.each([
    ['Writing at 0x00010000... (7 %)', { address: 0x10000, percent: 7 }],
    [
      'Writing at 0x00018000 ━━━━━╸                           16.4% 32.00kB/195.31kB [0s] ',
      { address: 0x18000, percent: 16.4 },
    ],
    ['Writing at 0x0003ffc2... (100 %)', { address: 0x3ffc2, percent: 100 }],
    ['Wrote 200000 bytes at 0x00010000 in 0.2 seconds (7278.8 kbit/s).', undefined],
    ["Writing '/b/app.bin' at 0x00010000...", undefined],
  ])('%s', (line, progress) => {
    expect(parseProgress(line)).toEqual(progress);
  });
});

describe('a report', () => {
  it('of version 5, with what was skipped', () => {
    const output = `Connected to ESP32 on /dev/ttyUSB0:
Chip type:          ESP32-D0WDQ6-V3 (revision v3.0)
'bootloader.bin' at 0x00001000 already in flash, skipping write.
Wrote 200000 bytes (100071 compressed) at 0x00010000 in 0.2 seconds (7278.8 kbit/s).
Hash of data verified.`;
    expect(parseReport(output)).toEqual({
      chip: 'ESP32-D0WDQ6-V3 (revision v3.0)',
      written: [0x10000],
      skipped: [0x1000],
    });
  });

  it('of version 4, with a flash that is smaller than the build wants', () => {
    const output = `Chip is ESP32-C3 (QFN32) (revision v0.3)
WARNING: Set --flash_size 4MB is larger than the available flash size of 2MB.
Wrote 21504 bytes at 0x00000000 in 8.2 seconds (20.9 kbit/s)...`;
    expect(parseReport(output)).toEqual({
      chip: 'ESP32-C3 (QFN32) (revision v0.3)',
      written: [0],
      skipped: [],
      tooSmall: { wanted: '4MB', found: '2MB' },
    });
  });
});

/** As idf.py and esptool print them; the others are provoked with the tools themselves. */
describe('a failure', () => {
  it.each([
    [
      "A fatal error occurred: Could not open /dev/null, the port is busy or doesn't exist.\n([Errno 13] could not open port /dev/null: [Errno 13] Permission denied: '/dev/null')\n\nHint: Try to add user into dialout or uucp group.",
      'PORT_PERMISSION',
      'usermod -aG dialout',
    ],
    [
      'A fatal error occurred: Failed to connect to ESP32: Wrong boot mode detected (0x13)! The chip needs to be in download mode.',
      'FLASH_NO_ANSWER',
      'into its app (boot mode 0x13)',
    ],
    [
      'A fatal error occurred: Failed to connect to ESP32: Download mode successfully detected, but getting no sync reply: The serial TX path seems to be down.',
      'FLASH_NO_ANSWER',
      'does not hear us',
    ],
    [
      'A fatal error occurred: bootloader.bin is not an ESP32-C3 image. Use --force to flash anyway.',
      'FLASH_WRONG_CHIP',
      "The board's chip is another one",
    ],
    [
      "A fatal error occurred: The 'write-flash' command is not available in Secure Download Mode.",
      'FLASH_SECURE_BOOT',
      'The board is locked',
    ],
    [
      'Changing baud rate to 460800...\n\nA fatal error occurred: Unable to verify flash chip connection (Invalid head of packet (0x80): Possible serial noise or corruption.).',
      'FLASH_TIMEOUT',
      'while changing the baud rate',
    ],
    [
      'Writing at 0x0001bff4 8.9% 16.00kB/179.31kB\n\nERROR: A fatal error occurred: No more data to read from the serial port. This can have many causes',
      'FLASH_TIMEOUT',
      'while writing at 0x0001bff4',
    ],
    ['Traceback: something new', 'FLASH_FAILED', '| Traceback: something new'],
  ])('%s', async (output, code, sentence) => {
    const error = await explainEsptoolFailure({ output, path: '/dev/null', logFile: 'runs/1/flash.log' });
    expect(error).toMatchObject({ code, fault: 'bench' });
    expect(error.message).toContain(sentence);
  });
});
