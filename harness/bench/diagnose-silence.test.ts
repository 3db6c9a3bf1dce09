import { describe, expect, it } from 'vitest';
import { splitBoots } from '../log/boot.ts';
import { readDeviceEvents } from '../log/device-event-reader.ts';
import { capturedLines, linesOf } from '../log/testdata/console.ts';
import type { Datagram, SerialLine } from '../record/events.ts';
import type { FirmwareProfile } from '../record/profile.ts';
import type { HostNs } from '../time/clock.ts';
import { diagnoseSilence } from './diagnose-silence.ts';

/** Our client's log, up to and with the first line that holds `text`. */
function clientLogUntil(text: string): SerialLine[] {
  const lines = capturedLines('client-host-shim.log');
  return lines.slice(0, lines.findIndex((line) => line.text.includes(text)) + 1);
}

interface Circumstances {
  readonly realBoard?: boolean;
  /** Where datagrams came from. */
  readonly from?: readonly string[];
  readonly timeoutMs?: number;
  readonly role?: FirmwareProfile['role'];
}

function diagnose(
  lines: SerialLine[],
  { realBoard = false, from = [], timeoutMs = 5000, role = 'client' }: Circumstances = {},
) {
  const boot = splitBoots(readDeviceEvents(lines)).at(0);
  return diagnoseSilence({
    waitingFor: 'datagram',
    timeoutMs,
    boot,
    boardAddress: boot?.address,
    lines,
    datagrams: from.map(datagramFrom),
    server: { address: '127.0.0.1', port: 3333 },
    role,
    realBoard,
  });
}

function datagramFrom(address: string, index: number): Datagram {
  const stamp = { hostNs: 1e9 as HostNs, source: 'kernel', boundUs: 0.5 } as const;
  return { kind: 'datagram', index, stamp, from: { address, port: 60_011 }, length: 2, payloadHex: '4f6b' };
}

/** What the virtual board's ROM says with GPIO0 held low. */
const inLoader = linesOf(
  'ets Jul 29 2019 12:21:46\n\nrst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\nwaiting for download',
);
/** What an ESP32 says whose flash is empty, cut short. */
const emptyFlash = linesOf(
  'rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\ninvalid header: 0xffffffff\ninvalid header: 0xffffffff',
);
const connected = clientLogUntil('Client: start');
const cannotSend = [...connected, ...linesOf('E (463) Client: Error occured during sending: errno 118')];
const connecting = 'I (5) example_connect: Connecting to lab...';
const disconnected = (reason: number) =>
  `I (7) example_connect: Wi-Fi disconnected ${reason}, trying to reconnect...`;
const sendsTwice = clientLogUntil('sent seq=1');

/** As if the firmware had been built to send there. */
function sentTo(host: string, port: number): SerialLine[] {
  return sendsTwice.map((line) => ({
    ...line,
    text: line.text.replace('host=127.0.0.1 port=34567', `host=${host} port=${port}`),
  }));
}

describe('names the first thing that is missing, from the plug to the network', () => {
  it.each([
    [
      'no line at all',
      diagnose([]),
      'bench',
      'CONSOLE_SILENT',
      'not one line on the console since the reset',
    ],
    [
      'lines that are none',
      diagnose(linesOf('x\ufffd\ufffd\nmachine.mem32[0]=1')),
      'bench',
      'CONSOLE_UNREADABLE',
      'the console shows no boot',
    ],
    ['GPIO0 held low', diagnose(inLoader), 'bench', 'BOARD_IN_LOADER', 'the chip waits for a download'],
    [
      'an empty flash',
      diagnose(emptyFlash),
      'dut',
      'DUT_NOT_BOOTABLE',
      'the bootloader says "invalid header: 0xffffffff"',
    ],
    [
      'no address',
      diagnose(clientLogUntil('Waiting for IP(s)')),
      'dut',
      'DUT_NO_ADDRESS',
      'the board has no IPv4 address',
    ],
    [
      'no route',
      diagnose(cannotSend),
      'dut',
      'DUT_SEND_FAILS',
      'every send to 127.0.0.1:34567 fails with errno 118',
    ],
    [
      'no send',
      diagnose(clientLogUntil('Socket created')),
      'dut',
      'DUT_SENDS_NOTHING',
      'the board (127.0.0.77) reports no send',
    ],
    [
      'sends that don’t arrive',
      diagnose(sendsTwice),
      'dut',
      'DUT_NOT_HEARD',
      'the board reports 2 sends to 127.0.0.1:34567, none arrived at 127.0.0.1:3333',
    ],
    [
      'datagrams of somebody else',
      diagnose(sendsTwice, { from: ['127.0.0.9', '127.0.0.8'] }),
      'dut',
      'DUT_NOT_HEARD',
      'none arrived at 127.0.0.1:3333, but 2 from others, such as 127.0.0.9',
    ],
    [
      'a port in the wrong byte order',
      diagnose(sentTo('127.0.0.1', 0x050d)),
      'dut',
      'DUT_NOT_HEARD',
      'none arrived at 127.0.0.1:3333; 1293 is 3333 in the wrong byte order',
    ],
    [
      'an address in the wrong byte order',
      diagnose(sentTo('1.0.0.127', 3333)),
      'dut',
      'DUT_NOT_HEARD',
      'none arrived at 127.0.0.1:3333; 1.0.0.127 is 127.0.0.1 in the wrong byte order',
    ],
    [
      'datagrams, but not the one that was waited for',
      diagnose(sendsTwice, { from: ['127.0.0.9', '127.0.0.77'] }),
      'dut',
      'DUT_NOT_BACK',
      'datagrams came from the board (127.0.0.77), 1 since its reset; the last send that it logged is seq=1, and no ack to it',
    ],
  ])('%s', (_, error, fault, code, words) => {
    expect(error).toMatchObject({ fault, code });
    expect(error.story.what).toContain(`No datagram within 5 s: `);
    expect(error.story.what).toContain(words);
    expect(error.story.next).toBeTruthy();
  });
});

describe('a board without its Wi-Fi is the bench’s, on every board', () => {
  const found = 'I (9) wifi:connected with lab, aid = 1, channel 6, BW20, bssid = 02:00:00:00:00:01';
  it.each([
    ['WIFI_NOT_FOUND', disconnected(201), 'finds no access point "lab" (reason 201, NO_AP_FOUND, once)'],
    ['WIFI_REFUSED', disconnected(15), 'most likely, the password is wrong'],
    ['WIFI_REFUSED', disconnected(202), '(reason 202, AUTH_FAIL, once)'],
    ['WIFI_SECURITY', disconnected(210), 'has another kind of security'],
    ['WIFI_FAILED', disconnected(203), 'does not get into its network "lab" (reason 203, ASSOC_FAIL, once)'],
    ['WIFI_NO_ADDRESS', found, 'is connected to "lab", and gets no IPv4 address there'],
  ])('%s', (code, line, words) => {
    const lines = [...clientLogUntil('Waiting for IP(s)'), ...linesOf(`${connecting}\n${line}`)];
    for (const realBoard of [true, false]) {
      const error = diagnose(lines, { realBoard });
      expect(error).toMatchObject({ code, fault: 'bench' });
      expect(error.story.what).toMatch(/^No datagram within 5 s: /);
      expect(error.story.what).toContain(words);
      expect(error.story.evidence?.at(-1)).toBe(line);
      expect(error.story.next).toBeTruthy();
    }
  });
});

describe('on hardware, the network may be at fault', () => {
  it.each([
    ['DUT_NO_ADDRESS', clientLogUntil('Waiting for IP(s)'), 'bench'],
    ['DUT_SEND_FAILS', cannotSend, 'bench'],
    ['DUT_NOT_HEARD', sendsTwice, 'bench'],
    ['DUT_SENDS_NOTHING', connected, 'dut'],
    ['DUT_NOT_BOOTABLE', emptyFlash, 'dut'],
  ])('%s', (code, lines, fault) => {
    expect(diagnose(lines, { realBoard: true })).toMatchObject({ code, fault });
  });
});

it('shows the last lines of the console', () => {
  expect(diagnose(connected).story.evidence).toEqual([
    'I (433) example_connect: Waiting for IP(s)',
    'I (443) esp_netif_handlers: sta ip: 127.0.0.77, mask: 255.0.0.0, gw: 127.0.0.1',
    'I (443) example_connect: Got IPv4 event: Interface "example_netif_sta" address: 127.0.0.77',
    'I (443) example_common: Connected to example_netif_sta',
    'I (453) example_common: - IPv4 address: 127.0.0.77,',
    'I (453) Client: start period_ms=100 host=127.0.0.1 port=34567 payload_len=16',
  ]);
});

it('a bootloader that had something to say, but booted, is not the cause', () => {
  const grumbled = [...linesOf('E (20) boot: ota data partition invalid'), ...connected];
  expect(diagnose(grumbled).code).toBe('DUT_SENDS_NOTHING');
});

it('a firmware that is a server need not send, but must listen', () => {
  expect(diagnose(connected, { role: 'server' })).toMatchObject({ code: 'DUT_NOT_LISTENING', fault: 'dut' });
});

it('tells no time when there was no point in waiting on', () => {
  const { story } = diagnoseSilence({
    waitingFor: 'datagram',
    boot: undefined,
    boardAddress: undefined,
    lines: [],
    datagrams: [],
    server: { address: '127.0.0.1', port: 3333 },
    role: 'client',
    realBoard: false,
  });
  expect(story.what).toBe('No datagram: not one line on the console since the reset');
});
