import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLogLine } from './log-line.ts';

describe('parseLogLine', () => {
  test.each([
    [
      'I (1298) Client: Received: Ok!',
      { level: 'I', deviceMs: 1298, tag: 'Client', message: 'Received: Ok!' },
    ],
    [
      '\x1b[0;32mI (192) Client: tick 1 at 166971 us\x1b[0m',
      { level: 'I', deviceMs: 192, tag: 'Client', message: 'tick 1 at 166971 us' },
    ],
    [
      'E (240) esp_eth: esp_eth_ioctl(533): add mac address to filter not supported',
      {
        level: 'E',
        deviceMs: 240,
        tag: 'esp_eth',
        message: 'esp_eth_ioctl(533): add mac address to filter not supported',
      },
    ],
    // The Wi-Fi library puts no blank after its tag.
    ['I (613) wifi:mode : sta', { level: 'I', deviceMs: 613, tag: 'wifi', message: 'mode : sta' }],
    ['W (7) Client: ', { level: 'W', deviceMs: 7, tag: 'Client', message: '' }],
    // CONFIG_LOG_TIMESTAMP_SOURCE_SYSTEM, and log v2 without a timestamp.
    ['I (10:24:07.123) Client: up', { level: 'I', tag: 'Client', message: 'up' }],
    ['I Client: up', { level: 'I', tag: 'Client', message: 'up' }],
  ])('reads %j', (text, expected) => {
    expect(parseLogLine(text)).toEqual(expected);
  });

  test('reads a line that follows half a line of the boot before', () => {
    expect(parseLogLine('I (2876)I (32455) Client: sent')).toMatchObject({
      deviceMs: 32455,
      message: 'sent',
    });
    expect(parseLogLine('I (12) bootI (5) boot: x')).toMatchObject({ deviceMs: 5, tag: 'boot' });
    expect(parseLogLine('\ufffd\ufffdx\u0000I (5) boot: x')).toMatchObject({ deviceMs: 5, tag: 'boot' });
  });

  test.each([
    'rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)',
    'MEPC    : 0x42004b74  RA      : 0x42004bda  SP      : 0x3fc8ec50  GP      : 0x3fc8ae00',
    "Guru Meditation Error: Core  0 panic'ed (Load access fault). Exception was unhandled.",
    'I (2876)',
    '',
  ])('finds no prefix in %j', (text) => {
    expect(parseLogLine(text)).toBeUndefined();
  });

  test('takes any text without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseLogLine(text);
      }),
    );
  });
});
