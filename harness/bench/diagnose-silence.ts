import { BenchError, DutError, type ErrorStory, type HilError } from '../errors.ts';
import type { Boot } from '../log/boot.ts';
import { isSend, type ClientStart, type DeviceEvent } from '../log/device-event.ts';
import type { FirmwareProfile } from '../record/profile.ts';
import type { Datagram, Endpoint, SerialLine } from '../record/events.ts';
import { diagnoseWifi } from './diagnose-wifi.ts';

export interface Silence {
  readonly waitingFor: string;
  /** How long it was waited for; absent when there was no point in waiting on. */
  readonly timeoutMs?: number;
  /** The boot that runs since the last reset; absent when the console told of none. */
  readonly boot: Boot | undefined;
  /** Where the board's datagrams come from; absent until it is known. */
  readonly boardAddress: string | undefined;
  /** Console lines since the last reset. */
  readonly lines: readonly SerialLine[];
  /** Datagrams since the last reset, from anybody. */
  readonly datagrams: readonly Datagram[];
  readonly server: Endpoint;
  readonly role: FirmwareProfile['role'];
  readonly realBoard: boolean;
}

/**
 * Why did what we waited for not come? Goes from the plug to the network and stops at the first thing that is missing,
 * so that the error names the cause and not its last consequence.
 */
export function diagnoseSilence(silence: Silence): HilError {
  const { boot, boardAddress, lines, datagrams, server, role, realBoard } = silence;
  const at = `${server.address}:${server.port}`;
  const events = boot?.events ?? [];
  const last = <Kind extends DeviceEvent['kind']>(kind: Kind) =>
    events.findLast((event): event is Extract<DeviceEvent, { kind: Kind }> => event.kind === kind);
  const within = silence.timeoutMs === undefined ? '' : ` within ${silence.timeoutMs / 1000} s`;
  const tell = (what: string, next: string): ErrorStory => ({
    what: `No ${silence.waitingFor}${within}: ${what}`,
    evidence: lines.slice(-6).map(({ text }) => text),
    next,
  });
  /** On hardware the network between board and server isn't ours: its faults are the bench's. */
  const networkFault = (code: string, story: ErrorStory) =>
    realBoard ? new BenchError(code, story) : new DutError(code, story);

  if (lines.length === 0) {
    return new BenchError(
      'CONSOLE_SILENT',
      tell('not one line on the console since the reset', 'check the cable, the port and its baud rate'),
    );
  }
  if (boot === undefined) {
    return new BenchError(
      'CONSOLE_UNREADABLE',
      tell('the console shows no boot', 'check the baud rate and whether another program reads the port'),
    );
  }
  if (last('download-mode')) {
    return new BenchError(
      'BOARD_IN_LOADER',
      tell('the chip waits for a download', 'release the BOOT button (GPIO0) and the DTR line'),
    );
  }
  const bootloaderError = last('bootloader-error');
  if (bootloaderError && !last('elf-sha256')) {
    return new DutError(
      'DUT_NOT_BOOTABLE',
      tell(
        `the bootloader says "${bootloaderError.message}"`,
        'flash a build that is complete; see serial.log',
      ),
    );
  }
  if (boardAddress === undefined) {
    const wifi = diagnoseWifi(boot, lines, silence);
    if (wifi) return wifi;
    return networkFault(
      'DUT_NO_ADDRESS',
      tell('the board has no IPv4 address', 'check network name, password and DHCP'),
    );
  }
  if (role === 'server') {
    return new DutError(
      'DUT_NOT_LISTENING',
      tell(
        `the board (${boardAddress}) does not say that it listens`,
        'see serial.log for where the server stopped',
      ),
    );
  }
  const start = boot.start;
  const target = start ? `${start.host}:${start.port}` : 'an address that it did not print';
  const sendFailed = last('send-failed');
  const sent = events.filter(isSend).length;
  if (sent === 0 && sendFailed) {
    return networkFault(
      'DUT_SEND_FAILS',
      tell(
        `every send to ${target} fails with errno ${sendFailed.errno}; the server listens at ${at}${describeByteOrder(start, server)}`,
        'check that the board has a route to the server',
      ),
    );
  }
  if (sent === 0) {
    return new DutError(
      'DUT_SENDS_NOTHING',
      tell(`the board (${boardAddress}) reports no send`, 'see serial.log for where the client stopped'),
    );
  }
  const foreign = datagrams.filter(({ from }) => from.address !== boardAddress);
  if (datagrams.length === foreign.length) {
    const others =
      foreign.length === 0
        ? ''
        : `, but ${foreign.length} from others, such as ${foreign[0]?.from.address ?? ''}`;
    return networkFault(
      'DUT_NOT_HEARD',
      tell(
        `the board reports ${sent} sends to ${target}, none arrived at ${at}${others}${describeByteOrder(start, server)}`,
        `check that the firmware sends to ${at}, and the host's firewall`,
      ),
    );
  }
  return new DutError(
    'DUT_NOT_BACK',
    tell(
      `datagrams came from the board (${boardAddress}), ${datagrams.length - foreign.length} since its reset${describeLastSend(events)}`,
      'see the times in datagrams.jsonl and serial.jsonl',
    ),
  );
}

/** The mistake that makes the server's address or port the one that the firmware sends to: htonl(), htons(). */
function describeByteOrder(start: ClientStart | undefined, server: Endpoint): string {
  if (start === undefined) return '';
  const reversed = server.address.split('.').toReversed().join('.');
  if (start.host !== server.address && start.host === reversed) {
    return `; ${start.host} is ${server.address} in the wrong byte order`;
  }
  if (start.port !== server.port && start.port === swapBytes(server.port)) {
    return `; ${start.port} is ${server.port} in the wrong byte order`;
  }
  return '';
}

function swapBytes(word: number): number {
  return ((word & 0xff) << 8) | (word >> 8);
}

/** What the client did last, when it has sent and then fell silent. */
export function describeLastSend(events: readonly DeviceEvent[]): string {
  const sentAt = events.findLastIndex(({ kind }) => kind === 'sent');
  const sent = events[sentAt];
  if (sent?.kind !== 'sent') return '';
  const isAcked = events.slice(sentAt).some(({ kind }) => kind === 'ack');
  return `; the last send that it logged is seq=${sent.seq}${isAcked ? '' : ', and no ack to it'}`;
}
