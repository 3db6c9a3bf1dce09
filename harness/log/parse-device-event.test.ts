import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDeviceEvent } from './parse-device-event.ts';
import { capturedLines, serialLine } from './testdata/console.ts';

function parse(text: string): unknown {
  return parseDeviceEvent(serialLine(text, 17));
}

describe("the client's lines", () => {
  test.each([
    [
      'I (1690) Client: start period_ms=100 host=127.0.0.1 port=3333 payload_len=16',
      { kind: 'client-start', periodMs: 100, host: '127.0.0.1', port: 3333, payloadLength: 16 },
    ],
    ['I (1700) Client: Socket created', { kind: 'socket-created' }],
    [
      'I (1700) Client: 48 65 6c 6c 6f 20 66 72 6f 6d 20 45 53 50 33 32 ',
      { kind: 'payload-dump', bytesHex: '48656c6c6f2066726f6d204553503332', deviceMs: 1700 },
    ],
    ['I (1700) Client: sent seq=17 at_us=1701846', { kind: 'sent', seq: 17, atUs: 1701846 }],
    [
      'I (1700) Client: ack seq=17 at_us=1703680 rtt_us=1834 open=1',
      { kind: 'ack', seq: 17, atUs: 1703680, rttUs: 1834, open: 1 },
    ],
    ['I (1700) Client: ack_number seq=17', { kind: 'ack-number', number: 17 }],
    ['I (1700) Client: heap free_bytes=183040', { kind: 'heap', freeBytes: 183_040 }],
    ['W (1700) Client: reply_unexpected len=5', { kind: 'reply-unexpected', length: 5 }],
    [
      'W (1700) Client: receive_failed errno=104 name=ECONNRESET',
      { kind: 'receive-failed', errno: 104, errnoName: 'ECONNRESET' },
    ],
    ['E (1700) Client: Error occured during sending: errno 118', { kind: 'send-failed', errno: 118 }],
    ['E (1700) Client: Unable to create socket: errno 23', { kind: 'socket-create-failed', errno: 23 }],
    ['E (1700) Client: Shutting down socket and restarting...', { kind: 'socket-restarting' }],
    ['I (1700) Client: waiting for the server address on stdin', { kind: 'waiting-for-address' }],
    [
      'W (1700) Client: address_refused text="no such "host""',
      { kind: 'address-refused', text: 'no such "host"' },
    ],
    // A key that a later firmware adds.
    ['I (1700) Client: sent seq=17 at_us=5 core=1', { kind: 'sent', seq: 17, atUs: 5 }],
  ])('%s', (text, statement) => {
    expect(parse(text)).toEqual({ ...statement, hostNs: 17 });
    expect(parse(`\x1b[0;32m${text}\x1b[0m`)).toEqual({ ...statement, hostNs: 17 });
  });

  test.each([
    'I (1700) UdpClient: sent seq=17 at_us=1701846',
    'I (1700) Client: sent seq=17 at_us=',
    'I (1700) Client: sent seq=17',
    'I (1700) Client: sent seq=-1 at_us=5',
    'I (1700) Client: sent seq=17 at_us=17018I (5) boot: x',
    'I (1700) Client: sent seq=17 at_us=17018\ufffd6',
    'I (1700) Client: sent seq=17 at_us=99999999999999999999',
    'I (1700) Client: ack seq=17 at_us=1703680 rtt_us=1834',
    'I (1700) Client: 48 65 6',
    'I (1700) Client: Error occured during sending: errno ',
  ])('a damaged or foreign line says nothing: %s', (text) => {
    expect(parse(text)).toBeUndefined();
  });
});

describe('crashes', () => {
  test.each([
    [
      "Guru Meditation Error: Core  1 panic'ed (StoreProhibited). Exception was unhandled.",
      { kind: 'panic', reason: 'StoreProhibited', core: 1 },
    ],
    [
      "Guru Meditation Error: Core 0 panic'ed (Store/AMO access fault)",
      { kind: 'panic', reason: 'Store/AMO access fault', core: 0 },
    ],
    [
      "Guru Meditation Error: Core  0 panic'ed (Interrupt wdt timeout on CPU0). ",
      { kind: 'watchdog', watchdog: 'interrupt', core: 0 },
    ],
    [
      'E (15331) task_wdt: Task watchdog got triggered. The following tasks/users did not reset the watchdog in time:',
      { kind: 'watchdog', watchdog: 'task' },
    ],
    ['abort() was called at PC 0x400d6d4b on core 0', { kind: 'abort', programCounter: 0x400d6d4b, core: 0 }],
    [
      'assert failed: app_main main.c:42 (sock >= 0)',
      { kind: 'assert-failed', message: 'app_main main.c:42 (sock >= 0)' },
    ],
    [
      'ESP_ERROR_CHECK failed: esp_err_t 0x101 (ESP_ERR_NO_MEM) at 0x400d6d4b',
      { kind: 'assert-failed', message: 'esp_err_t 0x101 (ESP_ERR_NO_MEM) at 0x400d6d4b' },
    ],
    [
      '***ERROR*** A stack overflow in task udp_client has been detected.',
      { kind: 'stack-overflow', task: 'udp_client' },
    ],
    [
      'Debug exception reason: Stack canary watchpoint triggered (udp_client) ',
      { kind: 'stack-overflow', task: 'udp_client' },
    ],
    ['Stack smashing protect failure!', { kind: 'stack-overflow' }],
    [
      'CORRUPT HEAP: Bad tail at 0x3ffb50a8. Expected 0xbaad5678 got 0xbaad5600',
      {
        kind: 'heap-corruption',
        message: 'CORRUPT HEAP: Bad tail at 0x3ffb50a8. Expected 0xbaad5678 got 0xbaad5600',
      },
    ],
    ['Brownout detector was triggered', { kind: 'brownout' }],
    ['E (812) BOD: Brownout detector was triggered', { kind: 'brownout' }],
    [
      'MEPC    : 0x42004b74  RA      : 0x42004bda  SP      : 0x3fc8ec50  GP      : 0x3fc8ae00  ',
      { kind: 'crash-registers', programCounter: 0x42004b74, returnAddress: 0x42004bda },
    ],
    [
      'Backtrace: 0x400f06aa:0x3ffc20b0 0x400e15e7:0x3ffc20d0 |<-CORRUPTED',
      {
        kind: 'backtrace',
        corrupted: true,
        frames: [
          { programCounter: 0x400f06aa, stackPointer: 0x3ffc20b0 },
          { programCounter: 0x400e15e7, stackPointer: 0x3ffc20d0 },
        ],
      },
    ],
    ['Rebooting...', { kind: 'rebooting' }],
    ['CPU halted.', { kind: 'halted' }],
  ])('%s', (text, statement) => {
    expect(parse(text)).toEqual({ ...statement, hostNs: 17 });
  });
});

describe('boot', () => {
  test.each([
    ['invalid header: 0xffffffff', { kind: 'bootloader-error', message: 'invalid header: 0xffffffff' }],
    ['flash read err, 1000', { kind: 'bootloader-error', message: 'flash read err, 1000' }],
    [
      'E (53) esp_image: Checksum failed. Calculated 0x3b read 0x3a',
      { kind: 'bootloader-error', message: 'Checksum failed. Calculated 0x3b read 0x3a' },
    ],
    [
      'E (61) boot: No bootable app partitions in the partition table',
      { kind: 'bootloader-error', message: 'No bootable app partitions in the partition table' },
    ],
    ['waiting for download', { kind: 'download-mode' }],
    ['I (610) example_connect: Please input ssid password:', { kind: 'waiting-for-credentials' }],
    [
      '\ufffd\ufffdrst:0x10 (RTCWDT_RTC_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))',
      {
        kind: 'rom-boot',
        resetReasonCode: 0x10,
        resetReasonName: 'RTCWDT_RTC_RESET',
        bootModeCode: 3,
        bootMode: 'DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2)',
      },
    ],
    [
      'I (4033) esp_netif_handlers: sta ip: 192.168.4.17, mask: 255.255.255.0, gw: 192.168.4.1',
      { kind: 'ip-address', address: '192.168.4.17' },
    ],
    ['I (1288) example_common: - IPv4 address: 10.0.2.15,', { kind: 'ip-address', address: '10.0.2.15' }],
  ])('%s', (text, statement) => {
    expect(parse(text)).toEqual({ ...statement, hostNs: 17 });
  });

  test.each([
    'I (1288) example_common: - IPv4 address: 10.0.2.1',
    'I (1288) example_common: - IPv4 address: 10.0.2.999,',
    'I (20) boot.esp32c3: SPI Flash Size : 4MB',
    'E (240) esp_eth: esp_eth_ioctl(533): add mac address to filter not supported',
  ])('says nothing of interest: %s', (text) => {
    expect(parse(text)).toBeUndefined();
  });
});

test('a line cut anywhere is the whole event or none, but for the digits that a cut takes from a number', () => {
  for (const line of [
    ...capturedLines('esp32-idf33-panic.log'),
    ...capturedLines('esp32c3-idf517-panic.log'),
  ]) {
    const whole = parseDeviceEvent(line);
    for (let length = 0; length < line.text.length; length++) {
      const cut = parseDeviceEvent({ ...line, text: line.text.slice(0, length) });
      if (cut !== undefined) expect(cut.kind).toBe(whole?.kind);
    }
  }
});

test('any text is taken without throwing', () => {
  const fragment = fc.constantFrom(
    'I (1) Client: ',
    'sent seq=',
    'at_us=',
    'rst:0x',
    '\x1b[0m',
    '48 65 ',
    'ip: ',
  );
  const text = fc.array(fc.oneof(fragment, fc.string({ unit: 'binary' }))).map((parts) => parts.join(''));
  fc.assert(fc.property(text, (line) => void parse(line)));
});
