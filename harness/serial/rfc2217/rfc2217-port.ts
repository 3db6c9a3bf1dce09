import type { Socket } from 'node:net';
import type { OpenOptions, PortStatus, SetOptions, UpdateOptions } from '../binding.ts';
import { BenchError } from '../../errors.ts';
import { withDeadline } from '../../time/deadline.ts';
import type { TcpAddress } from '../tcp/connect.ts';
import { TcpPort } from '../tcp/tcp-port.ts';
import {
  comPortCommand,
  comPortControl,
  comPortPurge,
  encodeBaudRate,
  encodeComPort,
  modemState,
  parseBaudRate,
  parseComPort,
  serverOffset,
  type ComPortMessage,
} from './com-port.ts';
import { OptionNegotiation } from './option-negotiation.ts';
import { escapeData, telnetOption, TelnetParser } from './telnet.ts';

export interface Rfc2217OpenOptions extends OpenOptions {
  readonly address: TcpAddress;
  /** How the lines shall stand; those whose state the server doesn't tell are left alone. */
  readonly lines?: { readonly dtr: boolean; readonly rts: boolean };
  /** Told once when the server doesn't confirm its lines; by default a Node.js warning. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Settings must be confirmed: on a port at the wrong rate everything that follows is noise. */
const settingTimeoutMs = 3000;

/** Control lines need not be: esp_rfc2217_server never confirms DTR and RTS, ser2net not on a port without them. */
const lineTimeoutMs = 250;

/** A server may answer the rate that its divider really makes. A UART bears this much; two of them share 4 %. */
const maxBaudRateError = 0.02;

const { BINARY, ECHO, SUPPRESS_GO_AHEAD, COM_PORT } = telnetOption;

type Line = 'brk' | 'dtr' | 'rts';

/** The values of SET-CONTROL that switch a line. */
const lineControls: Readonly<Record<Line, { on: number; off: number }>> = {
  brk: { on: comPortControl.BREAK_ON, off: comPortControl.BREAK_OFF },
  dtr: { on: comPortControl.DTR_ON, off: comPortControl.DTR_OFF },
  rts: { on: comPortControl.RTS_ON, off: comPortControl.RTS_OFF },
};

const parities: Readonly<Record<string, number>> = { none: 1, odd: 2, even: 3, mark: 4, space: 5 };
const stopSizes: Readonly<Record<number, number>> = { 1: 1, 2: 2, 1.5: 3 };

interface Waiter {
  readonly command: number;
  readonly matches: (value: Buffer) => boolean;
  readonly resolve: (value: Buffer) => void;
}

/**
 * The client's side of a serial port over Telnet.
 *
 * ```
 * reader ◀── TcpPort ◀── TelnetParser ◀── socket ◀── writes, doubled FFs
 *                          │ options ──▶ OptionNegotiation ──▶ socket
 *                          └ answers ──▶ waiters
 * ```
 *
 * @see RFC 2217; {@link rfc2217Binding} opens it.
 */
export class Rfc2217Port extends TcpPort {
  readonly #parser = new TelnetParser();
  readonly #options = new OptionNegotiation({
    ours: [COM_PORT, BINARY, SUPPRESS_GO_AHEAD],
    theirs: [COM_PORT, BINARY, SUPPRESS_GO_AHEAD, ECHO],
  });
  readonly #onWarning: (message: string) => void;
  #waiters: Waiter[] = [];
  /** Set while the server has told us to hold back our data. */
  #suspended: { readonly until: Promise<void>; readonly resume: () => void } | undefined;
  /** What we know of the lines. Break is off until somebody turns it on; DTR and RTS the server may tell. */
  readonly #lines: Partial<Record<Line, boolean>> = { brk: false };
  #confirmsLines = true;
  #isFlushing = false;
  #modemState: number | undefined;
  #agree: (() => void) | undefined;

  constructor(socket: Socket, options: Rfc2217OpenOptions) {
    super(socket, options);
    this.#onWarning = options.onWarning ?? ((message) => process.emitWarning(message));
  }

  /** Agrees with the server to speak RFC 2217. @throws BenchError `PORT_NOT_RFC2217` when it stays silent. */
  async negotiate(signal?: AbortSignal): Promise<void> {
    const agreed = new Promise<void>((resolve) => (this.#agree = resolve));
    await this.send(
      this.#options.offer({ ours: [COM_PORT, BINARY], theirs: [COM_PORT, BINARY, SUPPRESS_GO_AHEAD] }),
    );
    await withDeadline(agreed, {
      timeoutMs: settingTimeoutMs,
      waitingFor: 'agreement on RFC 2217',
      signal: anySignal(this.ended, signal),
      onTimeout: () => this.#noRfc2217Error(),
    });
  }

  /**
   * Brings the far port to the options it was opened with, and asks how its lines stand.
   * The questions go first: answers come in order, so when the settings are confirmed, a server that
   * answers questions has done so.
   */
  async configure(signal?: AbortSignal): Promise<void> {
    const { baudRate, dataBits, parity, stopBits, rtscts, xon } = this.openOptions;
    const flow = rtscts
      ? comPortControl.FLOW_RTS_CTS
      : xon
        ? comPortControl.FLOW_XON_XOFF
        : comPortControl.FLOW_NONE;
    for (const control of [flow, comPortControl.ASK_DTR, comPortControl.ASK_RTS]) {
      await this.send(encodeComPort(comPortCommand.SET_CONTROL, [control]));
    }
    await Promise.all([
      this.#setBaudRate(baudRate, signal),
      this.#setting('data bits', comPortCommand.SET_DATASIZE, dataBits, signal),
      this.#setting('parity', comPortCommand.SET_PARITY, parities[parity] ?? 1, signal),
      this.#setting('stop bits', comPortCommand.SET_STOPSIZE, stopSizes[stopBits] ?? 1, signal),
    ]);
  }

  /**
   * Sets the lines that are known to stand otherwise, and leaves alone those that the server doesn't tell:
   * for esp_rfc2217_server each change is an order to reset the board.
   */
  async settle(lines: { readonly dtr: boolean; readonly rts: boolean }): Promise<void> {
    const { dtr, rts } = this.#lines;
    await this.#setLines({
      ...(dtr === undefined ? {} : { dtr: lines.dtr }),
      ...(rts === undefined ? {} : { rts: lines.rts }),
    });
  }

  override async write(buffer: Buffer): Promise<void> {
    await this.#suspended?.until;
    this.ended.throwIfAborted();
    return this.send(escapeData(buffer));
  }

  override async update({ baudRate }: UpdateOptions): Promise<void> {
    await this.#setBaudRate(baudRate);
  }

  override async set({ brk, dtr, rts }: SetOptions): Promise<void> {
    await this.#setLines({
      ...(brk === undefined ? {} : { brk }),
      ...(dtr === undefined ? {} : { dtr }),
      ...(rts === undefined ? {} : { rts }),
    });
  }

  /** Inputs as the server told them last. @throws BenchError `PORT_LINES_UNKNOWN` when it never did. */
  override async get(): Promise<PortStatus> {
    await this.#request(comPortCommand.NOTIFY_MODEMSTATE, [], () => true, lineTimeoutMs);
    const state = this.#modemState;
    if (state === undefined) {
      throw new BenchError('PORT_LINES_UNKNOWN', {
        what: 'The serial server has never told the state of CTS, DSR and DCD',
        where: this.openOptions.path,
        next: 'do without them: its port may have no such lines',
      });
    }
    return {
      cts: (state & modemState.CTS) !== 0,
      dsr: (state & modemState.DSR) !== 0,
      dcd: (state & modemState.DCD) !== 0,
    };
  }

  /** The rate in force, as the server tells it; the one set last when it doesn't. */
  override async getBaudRate(): Promise<{ baudRate: number }> {
    const question = encodeBaudRate(0);
    const answer = await this.#request(comPortCommand.SET_BAUDRATE, question, () => true, lineTimeoutMs);
    return { baudRate: answer === undefined ? this.openOptions.baudRate : parseBaudRate(answer) };
  }

  /** Drops what was received, here and at the server. Its confirmation comes behind the last stale byte. */
  override async flush(): Promise<void> {
    this.#isFlushing = true;
    try {
      this.discard();
      await this.#setting('purge', comPortCommand.PURGE_DATA, comPortPurge.BOTH);
    } finally {
      this.#isFlushing = false;
    }
  }

  override async drain(): Promise<void> {
    await this.#suspended?.until;
    return super.drain();
  }

  override async close(): Promise<void> {
    const closed = super.close();
    this.#suspended?.resume();
    return closed;
  }

  protected override receive(chunk: Buffer): void {
    for (const event of this.#parser.push(chunk)) {
      switch (event.kind) {
        case 'data':
          if (!this.#isFlushing) this.deliver(event.bytes);
          break;
        case 'option': {
          const answer = this.#options.receive(event.verb, event.option);
          if (answer !== undefined) this.#sendSoon(answer);
          // ser2net says DO and WONT, servers of old only WILL: either is an agreement.
          if (this.#options.isOurs(COM_PORT) || this.#options.isTheirs(COM_PORT)) this.#agree?.();
          break;
        }
        case 'subnegotiation': {
          const message = event.option === COM_PORT ? parseComPort(event.value) : undefined;
          if (message !== undefined) this.#answered(message);
          break;
        }
      }
    }
  }

  #answered({ command, value }: ComPortMessage): void {
    const first = value[0];
    switch (command) {
      case comPortCommand.FLOWCONTROL_SUSPEND:
      case comPortCommand.FLOWCONTROL_SUSPEND + serverOffset:
        this.#suspend();
        return;
      case comPortCommand.FLOWCONTROL_RESUME:
      case comPortCommand.FLOWCONTROL_RESUME + serverOffset:
        this.#suspended?.resume();
        return;
      case comPortCommand.NOTIFY_MODEMSTATE + serverOffset:
        this.#modemState = first ?? this.#modemState;
        break;
      case comPortCommand.SET_CONTROL + serverOffset:
        for (const [line, { on, off }] of Object.entries(lineControls) as [
          Line,
          { on: number; off: number },
        ][]) {
          if (first === on || first === off) this.#lines[line] = first === on;
        }
        break;
      case comPortCommand.PURGE_DATA + serverOffset:
        this.#isFlushing = false;
        break;
    }
    const waiter = this.#waiters.find(
      (candidate) => candidate.command + serverOffset === command && candidate.matches(value),
    );
    if (waiter === undefined) return;
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    waiter.resolve(value);
  }

  async #setBaudRate(baudRate: number, signal?: AbortSignal): Promise<void> {
    const answer = await this.#setting(
      'baud rate',
      comPortCommand.SET_BAUDRATE,
      encodeBaudRate(baudRate),
      signal,
    );
    const inForce = parseBaudRate(answer);
    if (Math.abs(inForce - baudRate) <= baudRate * maxBaudRateError) {
      this.openOptions.baudRate = baudRate;
      return;
    }
    throw new BenchError('PORT_BAUD_RATE', {
      what: `The serial server stays at ${inForce} Bd instead of ${baudRate} Bd`,
      where: this.openOptions.path,
      next: 'choose a rate that its port can do',
    });
  }

  async #setting(
    name: string,
    command: number,
    value: number | Buffer,
    signal?: AbortSignal,
  ): Promise<Buffer> {
    const bytes = typeof value === 'number' ? [value] : value;
    const answer = await this.#request(command, bytes, () => true, settingTimeoutMs, signal);
    if (answer !== undefined) return answer;
    throw new BenchError('PORT_SILENT', {
      what: `The serial server did not confirm the ${name} within ${settingTimeoutMs} ms`,
      where: this.openOptions.path,
      next: 'look into its log: can it still reach its own port?',
    });
  }

  /**
   * Both off: RTS first. Anything else: DTR first. So no step on the way is "DTR off, RTS on",
   * which would hold the board in reset, and a board is let out of reset into its loader, not into its app.
   */
  async #setLines(lines: Partial<Record<Line, boolean>>): Promise<void> {
    const bothOff = lines.dtr === false && lines.rts === false;
    const order: Line[] = bothOff ? ['brk', 'rts', 'dtr'] : ['brk', 'dtr', 'rts'];
    for (const line of order) {
      const wanted = lines[line];
      if (wanted !== undefined && wanted !== this.#lines[line]) await this.#setLine(line, wanted);
    }
  }

  async #setLine(line: Line, wanted: boolean): Promise<void> {
    const { on, off } = lineControls[line];
    const value = [wanted ? on : off];
    // ser2net confirms the end of a break as its beginning: any word about the line will do.
    const aboutLine = (answer: Buffer): boolean => answer[0] === on || answer[0] === off;
    if (this.#confirmsLines) {
      const answer = await this.#request(comPortCommand.SET_CONTROL, value, aboutLine, lineTimeoutMs);
      if (answer === undefined) {
        this.#confirmsLines = false;
        this.#onWarning(`${this.openOptions.path}: the server does not confirm DTR and RTS`);
      }
    } else {
      await this.send(encodeComPort(comPortCommand.SET_CONTROL, value));
    }
    this.#lines[line] = wanted;
  }

  /** Sends a command; its answer, or undefined when none came in time. */
  async #request(
    command: number,
    value: Buffer | readonly number[],
    matches: (answer: Buffer) => boolean,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Buffer | undefined> {
    const tooLate = new Error('no answer');
    let waiter: Waiter | undefined;
    const answer = new Promise<Buffer>((resolve) => {
      waiter = { command, matches, resolve };
      this.#waiters.push(waiter);
    });
    try {
      await this.send(encodeComPort(command, value));
      return await withDeadline(answer, {
        timeoutMs,
        waitingFor: `answer to command ${command}`,
        signal: anySignal(this.ended, signal),
        onTimeout: () => tooLate,
      });
    } catch (error) {
      if (error === tooLate) return undefined;
      throw error;
    } finally {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
    }
  }

  #suspend(): void {
    if (this.#suspended !== undefined) return;
    let release: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    const resume = (): void => {
      this.#suspended = undefined;
      release();
    };
    this.#suspended = { until, resume };
    this.ended.addEventListener('abort', resume, { once: true });
  }

  /** For answers that nobody waits for. Should they fail, the connection has ended and the reader learns why. */
  #sendSoon(bytes: Buffer): void {
    this.send(bytes).catch(() => undefined);
  }

  #noRfc2217Error(): BenchError {
    return new BenchError('PORT_NOT_RFC2217', {
      what: `No RFC 2217 server answered within ${settingTimeoutMs} ms`,
      where: this.openOptions.path,
      next:
        'if it is a raw TCP port, use socket:// instead; if it is esp_rfc2217_server, end its other client, ' +
        'and make sure that its own port has DTR and RTS',
    });
  }
}

function anySignal(ended: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? ended : AbortSignal.any([ended, signal]);
}
