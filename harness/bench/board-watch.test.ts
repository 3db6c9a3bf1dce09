import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BenchError, DutError, type HilError } from '../errors.ts';
import { capturedLines, linesOf } from '../log/testdata/console.ts';
import type { Datagram, SerialLine } from '../record/events.ts';
import { readRun } from '../record/read-run.ts';
import { hostNow, type HostNs } from '../time/clock.ts';
import { BoardWatch, type BoardWatchOptions } from './board-watch.ts';
import { Journal } from './journal.ts';
import { reportCrash } from './report-crash.ts';

const healthy = readRun(join(import.meta.dirname, '../../specs/data/healthy'));
/** When the healthy run's board was reset at first, and at the end. */
const [firstResetNs = 0, lastResetNs = 0] = healthy.events
  .filter((event) => event.kind === 'bench-action' && event.action === 'reset')
  .map((event) => (event as { hostNs: HostNs }).hostNs);
const firstBoot = healthy.lines.filter(({ hostNs }) => hostNs < lastResetNs);

/** Nothing was built: crashes are told without their calls. */
const bench: Pick<BoardWatchOptions, 'server' | 'role' | 'periodMs' | 'reportCrash'> = {
  server: { address: '127.0.0.1', port: 3333 },
  role: 'client',
  periodMs: 100,
  reportCrash: (dump, scene) => reportCrash(dump, scene, undefined, new AbortController().signal),
};

/** A crash of a board that has sent something, so that nobody waits for a boot loop. */
const crashAtWork = [
  ...linesOf('I (5) Client: sent seq=0 at_us=5000'),
  ...capturedLines('esp32-idf33-panic.log').map((line) => ({
    ...line,
    hostNs: (line.hostNs + 2e9) as HostNs,
  })),
];

function watchBoard({
  signal = new AbortController().signal,
  fromNs = 0,
  realBoard = false,
  isEmulated = false,
} = {}) {
  const journal = new Journal();
  const watch = new BoardWatch({ ...bench, journal, realBoard, isEmulated, signal });
  watch.expectBoot(fromNs as HostNs);
  return { journal, watch };
}

function tell(journal: Journal, lines: readonly SerialLine[], datagrams: readonly Datagram[] = []): void {
  for (const line of lines) journal.addLine(line);
  for (const datagram of datagrams) journal.addServerEvent(datagram);
}

async function failureOf(promise: Promise<unknown>): Promise<HilError> {
  return (await promise.then(
    () => undefined,
    (error: unknown) => error,
  )) as HilError;
}

/** A station that has not found its access point yet. */
const wifiLog = [
  'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)',
  'I (5) example_connect: Connecting to lab...',
  'I (7) example_connect: Wi-Fi disconnected 201, trying to reconnect...',
].join('\n');

describe('whose datagrams count', () => {
  it('those from the address that the board printed, since its reset', () => {
    const { journal, watch } = watchBoard({ fromNs: firstResetNs });
    const [own] = healthy.datagrams as [Datagram];
    const foreign = { ...own, from: { address: '127.0.0.9', port: own.from.port } };
    const early = { ...own, stamp: { ...own.stamp, hostNs: (firstResetNs - 1) as HostNs } };
    tell(journal, [], [early, foreign, own]);
    expect(watch.datagrams()).toEqual([]); // nobody knows its address yet
    tell(journal, firstBoot);
    expect(watch.boot?.address).toBe(own.from.address);
    expect(watch.datagrams()).toEqual([own]);
  });

  it('none while no reset was asked for', () => {
    const journal = new Journal();
    const { signal } = new AbortController();
    const watch = new BoardWatch({ ...bench, journal, realBoard: false, signal });
    tell(journal, healthy.lines, healthy.datagrams);
    expect(watch.boot).toBeUndefined();
    expect(watch.datagrams()).toEqual([]);
  });

  it('the first one ends the wait for it', async () => {
    const { journal, watch } = watchBoard({ fromNs: firstResetNs });
    const waiting = watch.firstDatagram(10_000);
    tell(journal, firstBoot.slice(0, 60), healthy.datagrams);
    expect(await waiting).toEqual(healthy.datagrams[0]);
  });
});

describe('a board that reports 30 sends, none of which the server has told of', () => {
  const reportsSends = [
    ...linesOf('rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)'),
    ...linesOf('I (5) example_connect: - IPv4 address: 127.0.0.2,'),
    ...Array.from({ length: 30 }, (_, seq) =>
      linesOf(`I (${seq}) Client: sent seq=${seq} at_us=${seq * 100_000}`),
    ).flat(),
  ];

  function waitFor(caughtUp: (journal: Journal) => void): Promise<Datagram> {
    const journal = new Journal();
    const { signal } = new AbortController();
    const serverCaughtUp = () => {
      caughtUp(journal);
      return Promise.resolve();
    };
    const watch = new BoardWatch({ ...bench, journal, realBoard: false, signal, serverCaughtUp });
    watch.expectBoot(0 as HostNs);
    const waiting = watch.firstDatagram(10_000);
    tell(journal, reportsSends);
    return waiting;
  }

  it('is heard after all when the server had them in its queue', async () => {
    const [own] = healthy.datagrams as [Datagram];
    const queued = { ...own, from: { ...own.from, address: '127.0.0.2' } };
    const first = waitFor((journal) => {
      tell(journal, [], [queued]);
    });
    expect(await first).toEqual(queued);
  });

  it('is not heard when the queue is empty, too', async () => {
    const error = await failureOf(waitFor(() => undefined));
    expect(error.code).toBe('DUT_NOT_HEARD');
  });
});

describe('what ends a wait at once', () => {
  const forever = 60_000;

  it('a crash, told with the lines around it', async () => {
    const { journal, watch } = watchBoard();
    const waiting = failureOf(watch.until('datagram', forever, () => undefined));
    tell(journal, crashAtWork);
    const error = await waiting;
    expect(error).toBeInstanceOf(DutError);
    expect(error.message).toContain(
      'DUT_CRASHED: The board crashed 2.00 s after its reset: panic on core 1: StoreProhibited.',
    );
    expect(error.story.evidence?.slice(0, 3)).toEqual([
      'I (5) Client: sent seq=0 at_us=5000',
      'machine.mem32[0]=1',
      "Guru Meditation Error: Core  1 panic'ed (StoreProhibited). Exception was unhandled.",
    ]);
    expect(error.story.evidence?.join('\n')).toContain('Backtrace: 0x400f06aa:0x3ffc20b0');
    expect(error.story.crash).toMatchObject({ cause: 'panic on core 1: StoreProhibited', afterMs: 2002 });
  });

  it('lines of the crash that came after the one that told of it', async () => {
    const { journal, watch } = watchBoard();
    const waiting = failureOf(watch.until('datagram', forever, () => undefined));
    const [sent, before, cause, ...dump] = crashAtWork as [SerialLine, SerialLine, SerialLine];
    tell(journal, [sent, before, cause]);
    setImmediate(() => {
      tell(journal, dump);
    });
    expect((await waiting).story.evidence).toContain('Core 1 register dump:');
  });

  it('a second boot', async () => {
    const { journal, watch } = watchBoard({ fromNs: firstResetNs });
    tell(journal, healthy.lines);
    const error = await failureOf(watch.firstDatagram(forever));
    expect(error).toMatchObject({ code: 'BOARD_RESET_FROM_OUTSIDE', fault: 'bench' });
    expect(error.message).toContain('POWERON_RESET');
  });

  it('the third of some boots that all end before anything was sent: a loop', async () => {
    const { journal, watch } = watchBoard();
    const waiting = failureOf(watch.firstDatagram(forever));
    const boot = [
      'rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)',
      'abort() was called at PC 0x400d1234 on core 0',
      'Rebooting...',
    ];
    tell(journal, linesOf([...boot, ...boot].join('\n')));
    setImmediate(() => {
      tell(journal, linesOf([...boot, ...boot, ...boot].join('\n')).slice(6));
    });
    expect(await waiting).toMatchObject({ code: 'DUT_BOOT_LOOP', fault: 'dut' });
  });

  it.each([true, false])(
    'a Wi-Fi that the firmware gives up on, whatever it does then; real board: %s',
    async (realBoard) => {
      const { journal, watch } = watchBoard({ realBoard });
      tell(
        journal,
        linesOf(`${wifiLog}\nI (9) example_connect: WiFi Connect failed 2 times, stop reconnect.`),
      );
      const error = await failureOf(watch.firstDatagram(forever));
      expect(error).toMatchObject({ code: 'WIFI_NOT_FOUND', fault: 'bench' });
      expect(error.story.what).toBe(
        'No datagram from the board: the board finds no access point "lab" (reason 201, NO_AP_FOUND, 2 times, then it gave up)',
      );
    },
  );

  it.each([
    ['a crash', 'abort() was called at PC 0x400d2597 on core 0'],
    ['a reboot', 'rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)'],
  ])('a Wi-Fi that was not to be had, before %s that comes of it', async (_, end) => {
    const { journal, watch } = watchBoard();
    tell(journal, linesOf(`${wifiLog}\n${end}`));
    const error = await failureOf(watch.firstDatagram(forever));
    expect(error).toMatchObject({ code: 'WIFI_NOT_FOUND', fault: 'bench' });
    expect(error.story.evidence?.at(-1)).toBe(end);
  });

  it('a crash of a board that has its address, in spite of the trouble that it had to get it', async () => {
    const { journal, watch } = watchBoard();
    const crash = 'abort() was called at PC 0x400d2597 on core 0';
    tell(journal, linesOf(`${wifiLog}\nI (9) example_common: - IPv4 address: 10.0.0.7,\n${crash}`));
    expect((await failureOf(watch.firstDatagram(forever))).code).toBe('DUT_CRASHED');
  });

  it('sends that all go astray', async () => {
    const { journal, watch } = watchBoard({ fromNs: firstResetNs });
    tell(journal, firstBoot);
    const error = await failureOf(watch.firstDatagram(forever));
    expect(error).toMatchObject({ code: 'DUT_NOT_HEARD', fault: 'dut' });
    expect(error.story.what).toMatch(/^No datagram from the board: the board reports \d\d sends/);
  });

  it('an emulated one that is heard no more, which may be the emulator’s own hang', async () => {
    const { journal, watch } = watchBoard({ fromNs: firstResetNs, isEmulated: true });
    tell(
      journal,
      firstBoot,
      healthy.datagrams.filter(({ stamp }) => stamp.hostNs < lastResetNs),
    );
    const error = await failureOf(watch.until('datagram 9 of 9', forever, () => undefined));
    expect(error).toMatchObject({ code: 'EMULATOR_SILENT', fault: 'bench' });
  });

  it('a board that sent and is heard no more, neither on the network nor on the console', async () => {
    const { journal, watch } = watchBoard({ fromNs: firstResetNs });
    tell(
      journal,
      firstBoot,
      healthy.datagrams.filter(({ stamp }) => stamp.hostNs < lastResetNs),
    );
    const error = await failureOf(watch.until('datagram 9 of 9', forever, () => undefined));
    expect(error).toMatchObject({ code: 'DUT_SILENT', fault: 'dut' });
    expect(error.message).toMatch(
      /^DUT_SILENT: The board fell silent \d+\.\d\d s after its reset: no datagram and no console line for [\d.]+ s, and no crash before, while waiting for the datagram 9 of 9; the last send that it logged is seq=\d+ \(datagrams from 127\.0\.0\.\d+ to 127\.0\.0\.1:3333\)\.\n {2}\| .*Client: /,
    );
  });

  it('an instrument that failed, before anything the board did', async () => {
    const { journal, watch } = watchBoard();
    const waiting = failureOf(watch.until('datagram', forever, () => undefined));
    const lost = new BenchError('PORT_LOST', { what: 'The port is gone' });
    watch.instrumentFailed(lost);
    watch.instrumentFailed(new BenchError('LATER', { what: 'a consequence' }));
    expect(await waiting).toBe(lost);
    tell(journal, crashAtWork);
    expect(await failureOf(watch.until('datagram', forever, () => undefined))).toBe(lost);
  });

  it('its signal, also while a crash is being told', async () => {
    const controller = new AbortController();
    const { journal, watch } = watchBoard({ signal: controller.signal });
    const waiting = failureOf(watch.until('datagram', forever, () => undefined));
    tell(journal, crashAtWork.slice(0, 4));
    setImmediate(() => {
      controller.abort(new Error('stopped by SIGINT'));
    });
    expect((await waiting).message).toBe('stopped by SIGINT');
  });
});

it('what the board said before its reset is another life’s', async () => {
  const { journal, watch } = watchBoard();
  tell(journal, crashAtWork);
  watch.expectBoot(1e9 as HostNs);
  expect(await watch.until('anything', 10_000, () => 'alive')).toBe('alive');
});

it('when the time is over, it tells the cause of the silence', async () => {
  const silent = watchBoard({ realBoard: true });
  expect(await failureOf(silent.watch.firstDatagram(1))).toMatchObject({
    code: 'CONSOLE_SILENT',
    fault: 'bench',
  });
  const { journal, watch } = watchBoard({ realBoard: true });
  tell(journal, capturedLines('client-host-shim.log'));
  expect(await failureOf(watch.firstDatagram(1))).toMatchObject({ code: 'DUT_NOT_HEARD', fault: 'bench' });
});

it('takes no board for hanging that was not heard on both ways, or is heard on one', async () => {
  const unheard = watchBoard({ fromNs: firstResetNs });
  tell(unheard.journal, firstBoot.slice(0, 20));
  const talking = watchBoard({ fromNs: firstResetNs });
  tell(talking.journal, firstBoot, healthy.datagrams);
  const [last] = firstBoot.slice(-1) as [SerialLine];
  const talk = setInterval(() => tell(talking.journal, [{ ...last, hostNs: hostNow() }]), 100);
  await Promise.all([unheard.watch.linger(2_500), talking.watch.linger(2_500)]);
  clearInterval(talk);
});

it('lingers as long as it was told to, under the same watch', async () => {
  const { journal, watch } = watchBoard();
  await watch.linger(1);
  const lingering = failureOf(watch.linger(60_000));
  tell(journal, crashAtWork);
  expect((await lingering).code).toBe('DUT_CRASHED');
});
