import type { Socket } from 'node:net';
import { BenchError } from '../../errors.ts';
import { elapsedMs, hostNow } from '../../time/clock.ts';
import { withDeadline } from '../../time/deadline.ts';
import type { OpenOptions, PortStatus, SetOptions, UpdateOptions } from '../binding.ts';
import type { TcpAddress } from '../tcp/connect.ts';
import { TcpPort } from '../tcp/tcp-port.ts';
import {
  comPortCommand,
  comPortControl,
  comPortPurge,
  encodeBaudRate,
  modemState,
  parseBaudRate,
  parseComPort,
  serverOffset,
  type ComPortMessage,
} from './com-port.ts';
import { ComPortRequests } from './com-port-requests.ts';
import { OptionNegotiation } from './option-negotiation.ts';
import { RemoteLines } from './remote-lines.ts';
import { escapeData, telnetOption, TelnetParser } from './telnet.ts';

export interface Rfc2217OpenOptions extends OpenOptions {
  readonly address: TcpAddress;
  /** How the lines shall stand; those whose state the server doesn't tell are left alone. */
  readonly lines?: { readonly dtr: boolean; readonly rts: boolean };
  /** How long the server may take to speak RFC 2217. Default: 3 s. */
  readonly agreementTimeoutMs?: number | undefined;
  /** Told once when the server doesn't confirm its lines; by default a Node.js warning. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** A raw TCP server stays silent for ever. */
const defaultAgreementTimeoutMs = 3000;

/** Enough for a median, and soon done over a slow link. */
const roundTripCount = 5;

/** A server may answer the rate that its divider really makes. A UART bears this much; two of them share 4 %. */
const maxBaudRateError = 0.02;

const { BINARY, ECHO, SUPPRESS_GO_AHEAD, COM_PORT } = telnetOption;
const parities: Readonly<Record<string, number>> = { none: 1, odd: 2, even: 3, mark: 4, space: 5 };
const stopSizes: Readonly<Record<number, number>> = { 1: 1, 2: 2, 1.5: 3 };

/**
 * The client's side of a serial port over Telnet.
 *
 * ```
 * reader ◀── TcpPort ◀── TelnetParser ◀── socket ◀── writes, FFs doubled
 *                         │ options ──▶ OptionNegotiation ──▶ socket
 *                         └ answers ──▶ ComPortRequests, RemoteLines ──▶ socket
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
  readonly #agreementTimeoutMs: number;
  readonly #requests: ComPortRequests;
  readonly #lines: RemoteLines;
  #agree: (() => void) | undefined;
  #modemState: number | undefined;
  #isFlushing = false;
  /** Set while the server has told us to hold back our data. */
  #suspended: { readonly until: Promise<void>; readonly resume: () => void } | undefined;

  constructor(socket: Socket, options: Rfc2217OpenOptions) {
    super(socket, options);
    this.#agreementTimeoutMs = options.agreementTimeoutMs ?? defaultAgreementTimeoutMs;
    const { path, onWarning = (message: string) => process.emitWarning(message) } = options;
    this.#requests = new ComPortRequests({
      path,
      send: async (bytes) => this.send(bytes),
      ended: this.ended,
    });
    this.#lines = new RemoteLines(this.#requests, () =>
      onWarning(`${path}: the serial server does not confirm DTR and RTS`),
    );
  }

  /** Agrees with the server to speak RFC 2217. @throws BenchError `PORT_NOT_RFC2217` when it stays silent. */
  async negotiate(signal?: AbortSignal): Promise<void> {
    const agreed = new Promise<void>((resolve) => (this.#agree = resolve));
    const theirs = [COM_PORT, BINARY, SUPPRESS_GO_AHEAD];
    await this.send(this.#options.offer({ ours: [COM_PORT, BINARY], theirs }));
    await withDeadline(agreed, {
      timeoutMs: this.#agreementTimeoutMs,
      waitingFor: 'agreement on RFC 2217',
      signal: signal === undefined ? this.ended : AbortSignal.any([this.ended, signal]),
      onTimeout: () => this.#noRfc2217Error(),
    });
  }

  /**
   * Brings the far port to the options it was opened with, and its lines to where they are known not to be.
   *
   * The lines are asked for first. Answers come in order: when the settings are confirmed, a server that answers
   * questions has done so.
   */
  async configure({ address: { signal }, lines }: Rfc2217OpenOptions): Promise<void> {
    const { SET_CONTROL, SET_DATASIZE, SET_PARITY, SET_STOPSIZE } = comPortCommand;
    const { baudRate, dataBits, parity, stopBits } = this.openOptions;
    await this.#requests.tell(SET_CONTROL, [this.#flowControl()]);
    await this.#lines.ask();
    await Promise.all([
      this.#setBaudRate(baudRate, signal),
      this.#requests.demand('data bits', SET_DATASIZE, [dataBits], signal),
      this.#requests.demand('parity', SET_PARITY, [parities[parity] ?? 1], signal),
      this.#requests.demand('stop bits', SET_STOPSIZE, [stopSizes[stopBits] ?? 1], signal),
    ]);
    if (lines !== undefined) await this.#lines.settle(lines);
  }

  /** The median of a few questions to the server's port. Undefined on a server that doesn't answer them. */
  override async roundTripMs(): Promise<number | undefined> {
    const timesMs: number[] = [];
    for (let time = 0; time < roundTripCount; time++) {
      const askedNs = hostNow();
      const answer = await this.#requests.ask(comPortCommand.SET_BAUDRATE, encodeBaudRate(0));
      if (answer === undefined) return undefined;
      timesMs.push(elapsedMs(askedNs));
    }
    return timesMs.sort((a, b) => a - b)[Math.floor(roundTripCount / 2)];
  }

  override async write(buffer: Buffer): Promise<void> {
    await this.#suspended?.until;
    return this.send(escapeData(buffer));
  }

  override async update({ baudRate }: UpdateOptions): Promise<void> {
    await this.#setBaudRate(baudRate);
  }

  override async set({ brk, dtr, rts }: SetOptions): Promise<void> {
    await this.#lines.set({ brk, dtr, rts });
  }

  /** Inputs as the server told them last. @throws BenchError `PORT_LINES_UNKNOWN` when it never did. */
  override async get(): Promise<PortStatus> {
    await this.#requests.ask(comPortCommand.NOTIFY_MODEMSTATE, []);
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
    const answer = await this.#requests.ask(comPortCommand.SET_BAUDRATE, encodeBaudRate(0));
    return { baudRate: answer === undefined ? this.openOptions.baudRate : parseBaudRate(answer) };
  }

  /** Drops what was received, here and at the server. Its confirmation comes behind the last stale byte. */
  override async flush(): Promise<void> {
    this.#isFlushing = true;
    try {
      this.discard();
      await this.#requests.demand('purge', comPortCommand.PURGE_DATA, [comPortPurge.BOTH]);
    } finally {
      this.#isFlushing = false;
    }
  }

  override async drain(): Promise<void> {
    await this.#suspended?.until;
    return super.drain();
  }

  protected override receive(chunk: Buffer): void {
    for (const event of this.#parser.push(chunk)) {
      switch (event.kind) {
        case 'data':
          if (!this.#isFlushing) this.deliver(event.bytes);
          break;
        case 'option': {
          const answer = this.#options.receive(event.verb, event.option);
          // Nobody waits for this. Should it fail, the connection has ended, and the reader learns why.
          if (answer !== undefined) this.send(answer).catch(() => undefined);
          // ser2net says DO and WONT, servers of old only WILL: either is an agreement.
          if (this.#options.isOurs(COM_PORT) || this.#options.isTheirs(COM_PORT)) this.#agree?.();
          break;
        }
        case 'subnegotiation': {
          const message = event.option === COM_PORT ? parseComPort(event.value) : undefined;
          if (message !== undefined) this.#told(message);
          break;
        }
      }
    }
  }

  #told(message: ComPortMessage): void {
    const [first] = message.value;
    switch (message.command) {
      case comPortCommand.FLOWCONTROL_SUSPEND:
      case comPortCommand.FLOWCONTROL_SUSPEND + serverOffset:
        this.#suspend();
        break;
      case comPortCommand.FLOWCONTROL_RESUME:
      case comPortCommand.FLOWCONTROL_RESUME + serverOffset:
        this.#suspended?.resume();
        break;
      case comPortCommand.NOTIFY_MODEMSTATE + serverOffset:
        this.#modemState = first ?? this.#modemState;
        break;
      case comPortCommand.SET_CONTROL + serverOffset:
        this.#lines.told(first);
        break;
      case comPortCommand.PURGE_DATA + serverOffset:
        // What follows, in the same chunk perhaps, is fresh.
        this.#isFlushing = false;
        break;
    }
    this.#requests.answered(message);
  }

  async #setBaudRate(baudRate: number, signal?: AbortSignal): Promise<void> {
    const value = encodeBaudRate(baudRate);
    const answer = await this.#requests.demand('baud rate', comPortCommand.SET_BAUDRATE, value, signal);
    const inForce = parseBaudRate(answer);
    if (Math.abs(inForce - baudRate) > baudRate * maxBaudRateError) {
      throw new BenchError('PORT_BAUD_RATE', {
        what: `The serial server stays at ${inForce} Bd instead of ${baudRate} Bd`,
        where: this.openOptions.path,
        next: 'choose a rate that its port can do',
      });
    }
    this.openOptions.baudRate = baudRate;
  }

  #flowControl(): number {
    if (this.openOptions.rtscts) return comPortControl.FLOW_RTS_CTS;
    return this.openOptions.xon ? comPortControl.FLOW_XON_XOFF : comPortControl.FLOW_NONE;
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
    // A write that waits must learn that the connection has ended.
    this.ended.addEventListener('abort', resume, { once: true });
  }

  #noRfc2217Error(): BenchError {
    return new BenchError('PORT_NOT_RFC2217', {
      what: `No RFC 2217 server answered within ${this.#agreementTimeoutMs} ms`,
      where: this.openOptions.path,
      next:
        'if it is a raw TCP port, use socket:// instead; if it is esp_rfc2217_server, end its other client, ' +
        'and make sure that its own port has DTR and RTS',
    });
  }
}
