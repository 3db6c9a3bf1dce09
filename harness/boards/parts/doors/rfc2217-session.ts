import type { ControlLines } from '../reset-circuit.ts';
import { escapeIac, Telnet, TelnetParser } from './telnet-parser.ts';

/** The serial port behind a session. */
export interface Rfc2217Port {
  /** Data from the client. */
  onData(bytes: Uint8Array): void;
  /** The client drives a control line. */
  setLines(change: Partial<ControlLines>): void;
  readonly lines: ControlLines;
}

const BINARY = 0x00;
const ECHO = 0x01;
const SUPPRESS_GO_AHEAD = 0x03;
const COM_PORT = 0x2c;

/** Commands of a client; the server's answer has this added. */
const ANSWER = 100;
const SET_BAUDRATE = 1;
const SET_DATASIZE = 2;
const SET_PARITY = 3;
const SET_STOPSIZE = 4;
const SET_CONTROL = 5;
const NOTIFY_LINESTATE = 6;
const NOTIFY_MODEMSTATE = 7;
const SET_LINESTATE_MASK = 10;
const SET_MODEMSTATE_MASK = 11;
const PURGE_DATA = 12;

/** Data set ready and clear to send: a board is there. */
const MODEM_STATE = 0x30;
/** Both transmit registers are empty. */
const LINE_STATE = 0x60;

/**
 * One client of an RFC 2217 server: takes its stream apart and answers. Every command is confirmed, also one that changes
 * nothing: clients wait for it.
 *
 * @see RFC 2217
 */
export class Rfc2217Session {
  readonly #port: Rfc2217Port;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #parser = new TelnetParser();
  readonly #ourOptions = new Map<number, boolean>();
  readonly #theirOptions = new Map<number, boolean>();
  #baudRate: number | undefined;
  readonly #defaultBaudRate: number;
  /** Data size 8, no parity, one stop bit, in RFC 2217's codes. */
  readonly #settings = new Map([
    [SET_DATASIZE, 8],
    [SET_PARITY, 1],
    [SET_STOPSIZE, 1],
  ]);
  #hasToldModemState = false;
  #break = false;
  #flowControl = 1;

  constructor(port: Rfc2217Port, defaultBaudRate: number, write: (bytes: Uint8Array) => void) {
    this.#port = port;
    this.#defaultBaudRate = defaultBaudRate;
    this.#write = write;
    for (const option of [BINARY, SUPPRESS_GO_AHEAD, COM_PORT]) this.#offer(option);
    this.#ask(BINARY);
  }

  /** The rate that the client has set; `undefined` while it hasn't. */
  get baudRate(): number | undefined {
    return this.#baudRate;
  }

  /** Bytes from the client. */
  receive(chunk: Uint8Array): void {
    for (const item of this.#parser.parse(chunk)) {
      switch (item.kind) {
        case 'data':
          this.#port.onData(item.bytes);
          break;
        case 'option':
          this.#negotiate(item.verb, item.option);
          if (item.option === COM_PORT) this.#tellModemState();
          break;
        case 'subnegotiation':
          if (item.option === COM_PORT) this.#command(item.value);
          break;
      }
    }
  }

  /** Data for the client. */
  send(bytes: Uint8Array): void {
    this.#write(escapeIac(bytes));
  }

  #offer(option: number): void {
    this.#ourOptions.set(option, true);
    this.#write(Buffer.of(Telnet.IAC, Telnet.WILL, option));
  }

  #ask(option: number): void {
    this.#theirOptions.set(option, true);
    this.#write(Buffer.of(Telnet.IAC, Telnet.DO, option));
  }

  /** Answers a change, and a refusal once: two sides that answer answers never come to rest. */
  #negotiate(verb: number, option: number): void {
    const ours = verb === Telnet.DO || verb === Telnet.DONT;
    const states = ours ? this.#ourOptions : this.#theirOptions;
    const state = states.get(option);
    const wanted = verb === Telnet.DO || verb === Telnet.WILL;
    const agreed = wanted && (ours ? OUR_OPTIONS : THEIR_OPTIONS).has(option);
    if (state === agreed || (!wanted && state === undefined)) return;
    states.set(option, agreed);
    const [yes, no] = ours ? [Telnet.WILL, Telnet.WONT] : [Telnet.DO, Telnet.DONT];
    this.#write(Buffer.of(Telnet.IAC, agreed ? yes : no, option));
  }

  /**
   * Once, as soon as the client speaks of COM-PORT: pyserial doesn't say DO when our WILL comes first, and without this
   * notice it holds the lines for missing.
   */
  #tellModemState(): void {
    if (this.#hasToldModemState) return;
    this.#hasToldModemState = true;
    this.#answer(NOTIFY_MODEMSTATE, MODEM_STATE);
  }

  #command(value: Buffer): void {
    const [command = 0, argument = 0] = value;
    switch (command) {
      case SET_BAUDRATE:
        if (value.length < 5) return;
        this.#setBaudRate(value.readUInt32BE(1));
        break;
      case SET_DATASIZE:
      case SET_PARITY:
      case SET_STOPSIZE:
        if (argument !== 0) this.#settings.set(command, argument);
        this.#answer(command, this.#settings.get(command) ?? 0);
        break;
      case SET_CONTROL:
        this.#answer(SET_CONTROL, this.#control(argument));
        break;
      case NOTIFY_LINESTATE:
        this.#answer(NOTIFY_LINESTATE, LINE_STATE);
        break;
      case NOTIFY_MODEMSTATE:
        this.#answer(NOTIFY_MODEMSTATE, MODEM_STATE);
        break;
      case SET_LINESTATE_MASK:
      case SET_MODEMSTATE_MASK:
      case PURGE_DATA:
        this.#answer(command, argument);
        break;
      default: // Signature, flow suspend and resume: nothing that a virtual UART could do about it.
        break;
    }
  }

  #setBaudRate(baudRate: number): void {
    if (baudRate !== 0) this.#baudRate = baudRate;
    const value = Buffer.alloc(4);
    value.writeUInt32BE(this.#baudRate ?? this.#defaultBaudRate);
    this.#answer(SET_BAUDRATE, ...value);
  }

  /** Does what SET-CONTROL says; the state that it asks for or has set. */
  #control(argument: number): number {
    switch (argument) {
      case 0:
        return this.#flowControl;
      case 1:
      case 2:
      case 3:
        return (this.#flowControl = argument);
      case 4:
        return this.#break ? 5 : 6;
      case 5:
      case 6:
        this.#break = argument === 5;
        return argument;
      case 7:
        return this.#port.lines.dtr ? 8 : 9;
      case 8:
      case 9:
        this.#port.setLines({ dtr: argument === 8 });
        return argument;
      case 10:
        return this.#port.lines.rts ? 11 : 12;
      case 11:
      case 12:
        this.#port.setLines({ rts: argument === 11 });
        return argument;
      default:
        return argument;
    }
  }

  #answer(command: number, ...value: readonly number[]): void {
    const { IAC, SB, SE } = Telnet;
    this.#write(
      Buffer.concat([
        Buffer.of(IAC, SB, COM_PORT, command + ANSWER),
        escapeIac(Buffer.from(value)),
        Buffer.of(IAC, SE),
      ]),
    );
  }
}

const OUR_OPTIONS: ReadonlySet<number> = new Set([BINARY, SUPPRESS_GO_AHEAD, COM_PORT]);
const THEIR_OPTIONS: ReadonlySet<number> = new Set([BINARY, SUPPRESS_GO_AHEAD, ECHO, COM_PORT]);
