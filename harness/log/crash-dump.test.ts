import { describe, expect, test } from 'vitest';
import { splitBoots } from './boot.ts';
import { crashDumpOf, type CrashDump } from './crash-dump.ts';
import { readDeviceEvents } from './device-event-reader.ts';
import { capturedLines, linesOf } from './testdata/console.ts';

function firstDump(text: string): CrashDump | undefined {
  return dumpsOf(text)[0];
}

function dumpsOf(text: string): (CrashDump | undefined)[] {
  return splitBoots(readDeviceEvents(linesOf(text))).map(crashDumpOf);
}

describe('captured crashes', () => {
  test('Xtensa prints its calls', () => {
    const [dump, afterwards] = splitBoots(readDeviceEvents(capturedLines('esp32-idf33-panic.log'))).map(
      crashDumpOf,
    );
    expect(dump).toMatchObject({
      cause: { kind: 'panic', reason: 'StoreProhibited' },
      addresses: [
        0x400f06aa, 0x400e15e7, 0x400ec581, 0x400e3938, 0x400df791, 0x400df7be, 0x40101770, 0x401019b8,
        0x400f4154, 0x4008a265,
      ],
      complete: true,
    });
    // ESP-IDF v3.3 printed zeros there.
    expect(dump).not.toHaveProperty('elfSha256Prefix');
    expect(afterwards).toBeUndefined();
  });

  test('RISC-V prints registers: where it was, and the call before', () => {
    const [dump] = splitBoots(readDeviceEvents(capturedLines('esp32c3-idf517-panic.log'))).map(crashDumpOf);
    expect(dump).toMatchObject({
      cause: { kind: 'panic', reason: 'Load access fault' },
      addresses: [0x42004b74, 0x42004bda - 2],
      elfSha256Prefix: '0d741d285dadbba7',
    });
  });
});

test('of an abort on RISC-V, who has called it is what counts', () => {
  const dump = firstDump(
    [
      'abort() was called at PC 0x42007f3c on core 0',
      'Core  0 register dump:',
      'MEPC    : 0x40380dd2  RA      : 0x40387a10  SP      : 0x3fc8ec50  GP      : 0x3fc8ae00  ',
    ].join('\n'),
  );
  expect(dump).toMatchObject({ addresses: [0x42007f3c], complete: false });
});

test('a brownout tells no place', () => {
  expect(firstDump('Brownout detector was triggered')).toEqual({
    cause: { kind: 'brownout', hostNs: 1e6 },
    addresses: [],
    complete: false,
  });
});

test('what is said before the crash is no part of it', () => {
  const dump = firstDump(
    [
      'Backtrace: 0x400d0001:0x3ffb0000',
      "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.",
      'Backtrace: 0x400d0002:0x3ffb0000',
      'Rebooting...',
    ].join('\n'),
  );
  expect(dump).toMatchObject({ addresses: [0x400d0002], complete: true });
});

test('a healthy boot has none', () => {
  expect(dumpsOf('I (5) Client: sent seq=0 at_us=5000')).toEqual([undefined]);
});
