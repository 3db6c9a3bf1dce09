/**
 * What a device says on its console, as far as the harness understands it: a union on `kind`.
 * Lines that say nothing of this yield no event. Formats: docs/architecture.md (our firmware's own lines) and
 * ESP-IDF v3.3 to v6.x (everything else).
 */
import type { DeviceUs, HostNs } from '../time/clock.ts';

/** Every event keeps the host's stamp of the line it was read from. */
interface Seen<Kind extends string> {
  readonly kind: Kind;
  readonly hostNs: HostNs;
}

/** The ROM's first words after a reset. They begin a {@link Boot}. */
export interface RomBoot extends Seen<'rom-boot'> {
  /** `rst:` as the ROM prints it; names and numbers differ between chips. */
  readonly resetReasonCode: number;
  readonly resetReasonName: string;
  readonly bootModeCode: number;
  /** `SPI_FAST_FLASH_BOOT`, `DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2)`, … */
  readonly bootMode: string;
}
/** ESP-IDF's linux target begins to run: a process has no ROM, so this begins its {@link Boot}. */
export type SchedulerStart = Seen<'scheduler-start'>;
/** The ROM waits for a flasher instead of running the firmware. */
export type DownloadMode = Seen<'download-mode'>;
/** The second-stage bootloader runs. */
export interface Bootloader extends Seen<'bootloader'> {
  readonly idfVersion: string;
}
/** ROM or bootloader found nothing that it can run, or could not read it. */
export interface BootloaderError extends Seen<'bootloader-error'> {
  readonly message: string;
}

export interface ProjectName extends Seen<'project-name'> {
  readonly projectName: string;
}
export interface AppVersion extends Seen<'app-version'> {
  readonly version: string;
}
export interface IdfVersion extends Seen<'idf-version'> {
  readonly idfVersion: string;
}
/** Identity of the running image, printed at boot and again by the panic handler. */
export interface ElfSha256 extends Seen<'elf-sha256'> {
  /** First digits of the ELF's SHA-256, lower case: 9 by default, 16 before v5.2, 64 in old panics. */
  readonly prefixHex: string;
}

/** The station begins to look for its network. */
export interface WifiConnecting extends Seen<'wifi-connecting'> {
  readonly ssid: string;
}
/** The access point has accepted the station. */
export interface WifiConnected extends Seen<'wifi-connected'> {
  readonly ssid: string;
}
/** The driver's word of an attempt, or a connection, that has ended, and why: `wifi_err_reason_t`. */
export interface WifiDropped extends Seen<'wifi-dropped'> {
  readonly reason: number;
}
/** The firmware's word of it: it tries again. */
export interface WifiDisconnected extends Seen<'wifi-disconnected'> {
  /** `wifi_err_reason_t`; older versions of ESP-IDF don't tell it. */
  readonly reason?: number;
}
/** The firmware doesn't try again. */
export interface WifiGaveUp extends Seen<'wifi-gave-up'> {
  readonly attempts: number;
}
/** The device got an IPv4 address. */
export interface IpAddress extends Seen<'ip-address'> {
  readonly address: string;
}

/** The client starts, before its first socket. */
export interface ClientStart extends Seen<'client-start'> {
  readonly periodMs: number;
  readonly host: string;
  readonly port: number;
  /** In bytes. */
  readonly payloadLength: number;
}
/** The client asks for the server's address, one line on the console. */
export type WaitingForAddress = Seen<'waiting-for-address'>;
export interface AddressRefused extends Seen<'address-refused'> {
  /** What it got instead of an address. */
  readonly text: string;
}
/** The firmware asks for the Wi-Fi's name and password, one line on the console. */
export type WaitingForCredentials = Seen<'waiting-for-credentials'>;
export type SocketCreated = Seen<'socket-created'>;
export interface SocketCreateFailed extends Seen<'socket-create-failed'> {
  /** As the device numbers them: EHOSTUNREACH is 118 on the chips, 113 on Linux. */
  readonly errno: number;
}
export type SocketRestarting = Seen<'socket-restarting'>;

/** The payload just sent. {@link DeviceEventReader} joins the lines of a long one. */
export interface PayloadDump extends Seen<'payload-dump'> {
  /** Lower case, without blanks. */
  readonly bytesHex: string;
  /** Number in the line's log prefix; see `LogLine.deviceMs`. */
  readonly deviceMs?: number;
}
/** A datagram was handed to the device's network stack. */
export interface Sent extends Seen<'sent'> {
  /** Counts successful sends from 0 since boot. */
  readonly seq: number;
  /** Taken right before `sendto`. */
  readonly atUs: DeviceUs;
}
export interface SendFailed extends Seen<'send-failed'> {
  readonly errno: number;
}
/** `Ok!` arrived on the device. */
export interface DeviceAck extends Seen<'ack'> {
  /** The latest send, not necessarily the one that is acked. */
  readonly seq: number;
  readonly atUs: DeviceUs;
  /** From that latest send to `atUs`. */
  readonly rttUs: number;
  /** Sends since the last ack, this one included: above 1 the pairing is ambiguous. */
  readonly open: number;
  /** `seq` of the send that it answers, as the answer itself says: see {@link AckNumber}. Absent on a line of its own. */
  readonly number?: number;
}
/** How much heap is free. Only of a firmware that was built to log it. */
export interface HeapFree extends Seen<'heap'> {
  readonly freeBytes: number;
}
/** The answer that was logged right before names the datagram that it answers; only of a firmware that numbers its datagrams. */
export interface AckNumber extends Seen<'ack-number'> {
  /** `seq` of that datagram. */
  readonly number: number;
}
/** Something else than `Ok!` arrived on the device. */
export interface ReplyUnexpected extends Seen<'reply-unexpected'> {
  /** In bytes. */
  readonly length: number;
}
export interface ReceiveFailed extends Seen<'receive-failed'> {
  readonly errno: number;
  /** `ECONNRESET`; absent when the device didn't name it. */
  readonly errnoName?: string;
}

/** A firmware that is not ours says that it sent a datagram: without a number and without the time. */
export type MessageSent = Seen<'message-sent'>;
/** A firmware that is not ours says that a datagram arrived. */
export interface MessageReceived extends Seen<'message-received'> {
  /** In bytes; absent when it doesn't say. */
  readonly length?: number;
}
/** A firmware that is a server waits for datagrams. */
export interface Listening extends Seen<'listening'> {
  /** Absent when it doesn't say. */
  readonly port?: number;
}

/** The CPU stopped at an exception. */
export interface Panic extends Seen<'panic'> {
  /** `StoreProhibited`, `Load access fault`, … */
  readonly reason: string;
  readonly core?: number;
}
/** The firmware stopped itself: `abort()`. */
export interface Abort extends Seen<'abort'> {
  readonly programCounter?: number;
  readonly core?: number;
}
/** The firmware stopped itself: `assert()` or `ESP_ERROR_CHECK()`. */
export interface AssertFailed extends Seen<'assert-failed'> {
  /** What was asserted and where, as far as the line tells. */
  readonly message: string;
}
/** A watchdog bit. Only the task watchdog may leave the firmware running (CONFIG_ESP_TASK_WDT_PANIC). */
export interface Watchdog extends Seen<'watchdog'> {
  readonly watchdog: 'task' | 'interrupt';
  readonly core?: number;
}
export type Brownout = Seen<'brownout'>;
export interface StackOverflow extends Seen<'stack-overflow'> {
  readonly task?: string;
}
/** The heap was found corrupt. */
export interface HeapCorruption extends Seen<'heap-corruption'> {
  readonly message: string;
}
/** Where a CPU was when it stopped, from its register dump. */
export interface CrashRegisters extends Seen<'crash-registers'> {
  readonly programCounter: number;
  /** Absent on Xtensa, whose backtrace tells it. */
  readonly returnAddress?: number;
}
/** Call stack of a crash, innermost call first. Only Xtensa chips print one. */
export interface Backtrace extends Seen<'backtrace'> {
  readonly frames: readonly { readonly programCounter: number; readonly stackPointer: number }[];
  /** The device itself doubts the outer frames. */
  readonly corrupted: boolean;
}
/** The panic handler resets the chip. */
export type Rebooting = Seen<'rebooting'>;
/** The panic handler stops for good. */
export type Halted = Seen<'halted'>;

export type DeviceEvent =
  | RomBoot
  | SchedulerStart
  | DownloadMode
  | Bootloader
  | BootloaderError
  | ProjectName
  | AppVersion
  | IdfVersion
  | ElfSha256
  | WifiConnecting
  | WifiConnected
  | WifiDropped
  | WifiDisconnected
  | WifiGaveUp
  | IpAddress
  | ClientStart
  | WaitingForAddress
  | AddressRefused
  | WaitingForCredentials
  | SocketCreated
  | SocketCreateFailed
  | SocketRestarting
  | PayloadDump
  | Sent
  | SendFailed
  | DeviceAck
  | AckNumber
  | HeapFree
  | ReplyUnexpected
  | ReceiveFailed
  | MessageSent
  | MessageReceived
  | Listening
  | Panic
  | Abort
  | AssertFailed
  | Watchdog
  | Brownout
  | StackOverflow
  | HeapCorruption
  | CrashRegisters
  | Backtrace
  | Rebooting
  | Halted;

/** Whether the device says that it sent a datagram. */
export function isSend(event: DeviceEvent): event is Sent | MessageSent {
  return event.kind === 'sent' || event.kind === 'message-sent';
}

/** Whether the device says that it was answered. */
export function isAnswer(event: DeviceEvent): event is DeviceAck | MessageReceived {
  return event.kind === 'ack' || event.kind === 'message-received';
}

/** An event without its stamp: what a line says, whenever it was read. */
export type Statement = DeviceEvent extends infer Event
  ? Event extends DeviceEvent
    ? Omit<Event, 'hostNs'>
    : never
  : never;
