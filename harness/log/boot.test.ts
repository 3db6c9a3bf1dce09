import { describe, expect, test } from 'vitest';
import { splitBoots } from './boot.ts';
import { describeCrash } from './crash.ts';
import { DeviceEventReader, readDeviceEvents } from './device-event-reader.ts';
import { capturedLines, linesOf } from './testdata/console.ts';

describe('boots in captured logs', () => {
  test('ESP32, ESP-IDF v3.3: a panic and the boot after it', () => {
    const boots = splitBoots(readDeviceEvents(capturedLines('esp32-idf33-panic.log')));
    expect(boots).toMatchObject([
      {
        index: 0,
        // The capture begins in the running application; the panic handler prints all 64 digits.
        identity: { elfSha256Prefix: '0'.repeat(64) },
      },
      {
        index: 1,
        rom: { resetReasonCode: 12, resetReasonName: 'SW_CPU_RESET', bootMode: 'SPI_FAST_FLASH_BOOT' },
        identity: { idfVersion: 'v3.3', elfSha256Prefix: '0'.repeat(16) },
        crashes: [],
      },
    ]);
    expect(boots[0]?.crashes.map(describeCrash)).toEqual(['panic on core 1: StoreProhibited']);
    expect(boots[0]?.events.find(({ kind }) => kind === 'backtrace')).toMatchObject({
      frames: expect.objectContaining({ length: 10 }) as unknown,
      corrupted: false,
    });
    expect(boots[0]?.events.at(-1)?.kind).toBe('rebooting');
  });

  test('ESP32-C3, ESP-IDF v5.1.7: identity under cpu_start, address by DHCP', () => {
    const boots = splitBoots(readDeviceEvents(capturedLines('esp32c3-idf517-boot.log')));
    expect(boots).toHaveLength(1);
    expect(boots[0]).toMatchObject({
      identity: {
        projectName: 'c3udp',
        version: '1',
        idfVersion: 'v5.1.7-dirty',
        elfSha256Prefix: '5c38bb9f476e2fc4',
      },
      address: '10.0.2.15',
      crashes: [],
    });
  });

  test('ESP32-C3, ESP-IDF v6.0.2: identity under app_init; harmless E lines are no crash', () => {
    const boots = splitBoots(readDeviceEvents(capturedLines('esp32c3-idf602-boot.log')));
    expect(boots).toHaveLength(1);
    expect(boots[0]).toMatchObject({
      identity: {
        projectName: 'c3udp602',
        version: '1',
        idfVersion: 'v6.0.2-dirty',
        elfSha256Prefix: '389896c8b',
      },
      address: '10.0.2.15',
      crashes: [],
    });
  });

  test('ESP32-C3, ESP-IDF v5.1.7: a load access fault, and a reboot whose log does not start at 0', () => {
    const [first, second, ...more] = splitBoots(readDeviceEvents(capturedLines('esp32c3-idf517-panic.log')));
    expect(more).toEqual([]);
    expect(first?.crashes.map(describeCrash)).toEqual(['panic on core 0: Load access fault']);
    expect(first?.events.find(({ kind }) => kind === 'crash-registers')).toMatchObject({
      programCounter: 0x42004b74,
      returnAddress: 0x42004bda,
    });
    // Boot log and panic handler name the same image.
    expect(first?.identity.elfSha256Prefix).toBe('0d741d285dadbba7');
    expect(second).toMatchObject({ rom: { resetReasonName: 'RTC_SW_CPU_RST' }, identity: {}, crashes: [] });
  });
});

describe('boots without their first line', () => {
  const START = 'I (5) Client: start period_ms=100 host=127.0.0.1 port=3333 payload_len=16';

  test('a log that begins later has a boot without ROM', () => {
    const [boot] = splitBoots(readDeviceEvents(linesOf(START)));
    expect(boot).toMatchObject({ index: 0, fromNs: 1e6, start: { port: 3333 } });
    expect(boot?.rom).toBeUndefined();
  });

  test('a second start is a new boot, though its rst: line was lost', () => {
    const boots = splitBoots(readDeviceEvents(linesOf([START, START].join('\n'))));
    expect(boots).toHaveLength(2);
  });

  test('the second-stage bootloader belongs to the rst: before it, and begins a boot without one', () => {
    const rom = 'rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)';
    const bootloader = 'I (5) boot: ESP-IDF v5.1.7-dirty 2nd stage bootloader';
    expect(splitBoots(readDeviceEvents(linesOf([rom, bootloader, START].join('\n'))))).toHaveLength(1);
    expect(
      splitBoots(readDeviceEvents(linesOf([rom, bootloader, START, bootloader].join('\n')))),
    ).toHaveLength(2);
  });
});

test('the reader keeps the boots while the log goes on', () => {
  const reader = new DeviceEventReader();
  const counts = capturedLines('esp32-idf33-panic.log').map((line) => {
    reader.push(line);
    return reader.boots.length;
  });
  expect(new Set(counts)).toEqual(new Set([0, 1, 2]));
  expect(reader.boots[0]?.crashes).toHaveLength(1);
});
