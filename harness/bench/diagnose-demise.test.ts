import { describe, expect, it } from 'vitest';
import { splitBoots, type Boot } from '../log/boot.ts';
import { crashDumpOf } from '../log/crash-dump.ts';
import { readDeviceEvents } from '../log/device-event-reader.ts';
import { linesOf } from '../log/testdata/console.ts';
import type { CrashReport } from '../record/crash-report.ts';
import { diagnoseDemise } from './diagnose-demise.ts';
import { reportCrash } from './report-crash.ts';

const swReset = 'rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)';
const powerOn = 'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)';
const watchdog = 'rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)';
const running = 'I (50) app_init: ELF file SHA256:  0123456789...';
const abort = 'abort() was called at PC 0x400d1234 on core 0';
const noApp = 'E (40) boot: No bootable app partitions in the partition table';

/** What is said of a console that shows this. */
async function diagnose(lines: readonly string[], { hasWorked = false, crash: known }: Known = {}) {
  const boots = splitBoots(readDeviceEvents(linesOf(lines.join('\n')))) as [Boot, ...Boot[]];
  const dump = boots.map(crashDumpOf).find((found) => found !== undefined);
  const scene = { afterMs: 2000, lastLines: [], panic: [] };
  const told = dump && (await reportCrash(dump, scene, undefined, new AbortController().signal));
  const crash = told && { ...told, ...known };
  return diagnoseDemise({ boots, hasWorked, crash, lines: linesOf(lines.join('\n')) });
}

interface Known {
  readonly hasWorked?: boolean;
  /** What the ELF would have told. */
  readonly crash?: Partial<CrashReport>;
}

describe('why a board ended its work', () => {
  it.each([
    ['nothing to boot', [powerOn, noApp, swReset, noApp], {}, 'dut', /^DUT_NOT_BOOTABLE: .*"No bootable app/],
    [
      'nothing to boot, again and again',
      [powerOn, noApp, swReset, noApp, swReset, noApp],
      {},
      'dut',
      /^DUT_NOT_BOOTABLE: .*3 boots in 0\.01 s/,
    ],
    [
      'a brownout',
      [powerOn, running, 'Brownout detector was triggered', swReset],
      {},
      'bench',
      /^BOARD_BROWNOUT: /,
    ],
    [
      'brownouts in a loop',
      [powerOn, 'Brownout detector was triggered', swReset, 'Brownout detector was triggered', swReset],
      {},
      'bench',
      /^BOARD_BROWNOUT: .*3 boots in/,
    ],
    [
      'a reset from outside',
      [powerOn, running, powerOn],
      { hasWorked: true },
      'bench',
      /^BOARD_RESET_FROM_OUTSIDE: .*POWERON/,
    ],
    [
      'three boots that end in an abort',
      [powerOn, running, abort, swReset, running, abort, swReset, running, abort],
      {},
      'dut',
      /^DUT_BOOT_LOOP: The board is in a boot loop: 3 boots in 0\.01 s, none of which sent anything: abort\(\)/,
    ],
    [
      'three boots that end without a word',
      [powerOn, running, watchdog, running, watchdog],
      {},
      'dut',
      /^DUT_BOOT_LOOP: .*: each by RTCWDT_RTC_RESET\./,
    ],
    [
      'as many boots of a board that has worked before',
      [powerOn, running, abort, swReset, running, abort, swReset],
      { hasWorked: true },
      'dut',
      /^DUT_CRASHED: The board crashed 2\.00 s after its reset: abort\(\) called at PC 0x400d1234 on core 0\./,
    ],
    ['a crash at the start, once', [powerOn, running, abort, swReset, running], {}, 'dut', /^DUT_CRASHED: /],
    ['a restart', [powerOn, running, swReset], { hasWorked: true }, 'dut', /^DUT_REBOOTED: .*SW_CPU_RESET/],
  ] as const)('%s', async (_, lines, known, fault, words) => {
    const error = await diagnose(lines, known);
    expect(error.message).toMatch(words);
    expect(error.fault).toBe(fault);
  });
});

describe('a crash', () => {
  const call = { address: '0x400d1234', functionName: 'send_payload', file: 'main/udp_client.c', line: 88 };

  it('is told with its place, its calls and the words around it', async () => {
    const crash = { calls: [call], blamed: call, lastLines: ['I (90) Client: sent seq=0 at_us=90000'] };
    const error = await diagnose([powerOn, running, abort, '', 'Backtrace: 0x400d1234:0x3ffb0000'], {
      crash,
    });
    expect(error.story.what).toMatch(/on core 0 in send_payload \(main\/udp_client\.c:88\)$/);
    expect(error.story.evidence).toEqual([
      '#0 send_payload (main/udp_client.c:88)',
      'I (90) Client: sent seq=0 at_us=90000',
      abort,
    ]);
    expect(error.story.crash).toMatchObject({ blamed: call });
  });

  it('that can not be looked up is told with its addresses and what to do about it', async () => {
    const crash = { addresses: ['0x400d1234'], obstacle: 'no addr2line can be run: install binutils' };
    const error = await diagnose([powerOn, running, abort, '', 'PC      : 0x400d1234'], { crash });
    expect(error.story.evidence?.slice(0, 2)).toEqual(['calls: 0x400d1234', abort]);
    expect(error.story.next).toContain('install binutils');
  });
});
