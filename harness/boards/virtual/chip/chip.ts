import { elapsedMs, hostNow } from '../../../time/clock.ts';
import type { HostNs } from '../../../time/clock.ts';
import type { AccessPoint } from './access-point.ts';
import { bootFromFlash, bootIntoLoader } from './boot-rom.ts';
import type { BootEnd } from './boot.ts';
import type { FlashChip } from './flash-chip.ts';
import { HostProgram } from './host-program.ts';
import type { ProgramEnd, ProgramFault } from './host-program.ts';
import { whyNotRunnable } from './host-executable.ts';
import { Loader } from './loader.ts';
import { Registers } from './registers.ts';
import { causeOf, espResetReason } from './reset-cause.ts';
import type { ResetCause } from './reset-cause.ts';
import { PhraseDetector } from './phrase-detector.ts';
import { playTexts } from './text-player.ts';
import type { LoaderFault } from '../../parts/fault.ts';
import { CONSOLE_BAUD_RATE, Uart } from '../../parts/uart.ts';
import type { UartPeer } from '../../parts/uart.ts';

export interface ChipOptions {
  readonly flash: FlashChip;
  /** The board's own address, in 127.0.0.0/8. */
  readonly ip: string;
  /** `24:0a:0a:c4:12:34` */
  readonly mac: string;
  /** The one that the radio hears; absent: a network that takes every station. */
  readonly accessPoint?: AccessPoint | undefined;
  /** Whether the loader's frames take the time that they take on a wire. Text always does. */
  readonly paceLoader: boolean;
  /** Where its program notes when this host held it up; absent: nowhere. */
  readonly stallsFile?: string | undefined;
}

/** What the CPU is at. `held`: EN is low. `halted`: it stands still until the next reset. */
type State =
  | { readonly kind: 'held' }
  | { readonly kind: 'booting'; readonly stop: () => void }
  | { readonly kind: 'running'; readonly program: HostProgram }
  | { readonly kind: 'loader'; readonly loader: Loader; readonly stop: () => void; readonly by?: UartPeer }
  | { readonly kind: 'halted' };

/** A SYNC request of the loader's protocol, from the start of its frame on to where its data turns monotonous. */
const SYNC = Buffer.from('c0000824000000000007071220', 'hex');

/** What the shim says, as ESP-IDF's `main_task` does, before it calls the application. */
const START_OF_APP = Buffer.from('Calling app_main()');

/** A program's exit code above this is the `esp_reset_reason_t` that it resets the chip with. */
const EXIT_CODE_RESET = 64;

/**
 * An ESP32 without its board: boot ROM, loader, flash chip, UART0, and for a CPU the program that its flash holds.
 * How bytes and resets get here is not its business.
 */
export class Chip implements AsyncDisposable {
  readonly uart = new Uart();
  /** A fault: so many ppm faster than the host's does the clock of the next program run. */
  clockPpm = 0;
  /** A fault: each program panics as soon as it has reached its `app_main`. */
  panicsAtStart = false;
  readonly #options: ChipOptions;
  readonly #registers: Registers;
  /** What is wrong with the chip as a loader shows it. */
  loaderFault: LoaderFault = 'healthy';
  readonly #syncDetectors = new WeakMap<UartPeer, PhraseDetector>();
  #state: State = { kind: 'held' };
  #resetNs: HostNs = hostNow();
  #off = false;
  #isAccessPointOn = true;
  /** Programs that were killed and may not be gone yet. */
  readonly #dying = new Set<Promise<void>>();

  constructor(options: ChipOptions) {
    this.#options = options;
    this.#registers = new Registers(options.mac, {
      baudRate: () => this.uart.baudRate,
      fault: () => this.loaderFault,
    });
    this.uart.handle({
      onReceive: (bytes, from) => this.#receive(bytes, from),
      onDisconnect: (peer) => this.#forget(peer),
    });
  }

  /** EN goes low: everything stops. */
  hold(): void {
    this.#stop();
    this.uart.reset();
    this.#state = { kind: 'held' };
  }

  /** EN rises, with IO0 high or low. */
  start(mode: 'run' | 'download'): void {
    if (this.#off) return;
    if (mode === 'run') this.#boot('power-on');
    else this.#enterLoader('power-on');
  }

  /** The access point goes, or comes back; for the boots to come, too. */
  switchAccessPoint(isOn: boolean): void {
    this.#isAccessPointOn = isOn;
    if (this.#state.kind === 'running') this.#state.program.hearAccessPoint(isOn);
  }

  get hasPower(): boolean {
    return !this.#off;
  }

  /** Takes the power away: no line can start the chip. */
  powerOff(): void {
    this.hold();
    this.#off = true;
  }

  powerOn(): void {
    this.#off = false;
    this.start('run');
  }

  /**
   * Resets itself, with its last words.
   *
   * @returns whether there was anything to reset: it had power, and EN was high.
   */
  restart(cause: ResetCause, lastWords = ''): boolean {
    if (this.#state.kind === 'held') return false;
    this.#stop();
    this.uart.send(Buffer.from(lastWords));
    this.#boot(cause);
    return true;
  }

  /** @returns whether a program runs that a fault can hit. */
  suffer(fault: ProgramFault): boolean {
    if (this.#state.kind !== 'running') return false;
    this.#state.program.suffer(fault);
    return true;
  }

  /** Takes the power away, for good. Resolves when the program is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.powerOff();
    await Promise.all(this.#dying);
  }

  #boot(cause: ResetCause): void {
    this.#reset();
    const { texts, end, endUs } = bootFromFlash(this.#options.flash, cause);
    const stop = playTexts({
      texts,
      endUs,
      fromNs: this.#resetNs,
      send: (bytes) => this.uart.send(bytes),
      then: () => this.#endBoot(end, cause),
    });
    this.#state = { kind: 'booting', stop };
  }

  #endBoot(end: BootEnd, cause: ResetCause): void {
    switch (end.kind) {
      case 'run':
        this.#run(end.program, cause);
        break;
      case 'reset':
        this.#boot(end.cause);
        break;
      case 'halt':
        this.#state = { kind: 'halted' };
        break;
    }
  }

  #run(image: Uint8Array, cause: ResetCause): void {
    const { ip, mac, accessPoint, stallsFile } = this.#options;
    const obstacle = whyNotRunnable(image);
    if (obstacle !== undefined) {
      this.#halt(`The program can't run on this host: ${obstacle}`);
      return;
    }
    const started = new PhraseDetector(START_OF_APP);
    const program = new HostProgram({
      program: image,
      uartBaud: CONSOLE_BAUD_RATE,
      bootUs: elapsedMs(this.#resetNs) * 1000,
      resetReason: espResetReason(cause),
      ip,
      mac,
      accessPoint,
      clockPpm: this.clockPpm,
      stallsFile,
      onOutput: (bytes) => {
        this.uart.send(bytes);
        if (this.panicsAtStart && started.find(bytes) !== undefined) program.suffer('panic');
      },
      onEnd: (end) => {
        if (this.#state.kind === 'running' && this.#state.program === program) this.#endProgram(end);
      },
    });
    this.#state = { kind: 'running', program };
    if (!this.#isAccessPointOn) program.hearAccessPoint(false);
  }

  #endProgram(end: ProgramEnd): void {
    switch (end.kind) {
      case 'exited': {
        const cause = causeOf(end.code - EXIT_CODE_RESET);
        if (cause !== undefined) this.#boot(cause);
        else this.#halt(`The program ended with exit code ${end.code}`);
        break;
      }
      case 'killed':
        // The host's CPU trapped where the chip's would have: the same way out, a panic and a restart.
        this.#say('');
        this.#say(`Guru Meditation Error: Core  0 panic'ed (${end.signal}). Exception was unhandled.`);
        this.#say('');
        this.#say('Rebooting...');
        this.#boot('panic');
        break;
      case 'failed':
        this.#halt(`The program can't run on this host: ${end.error.message}`);
        break;
    }
  }

  /** @param by who brought the chip here without a reset */
  #enterLoader(cause: ResetCause, by?: UartPeer): void {
    this.#reset();
    this.uart.detectBaudRate = by === undefined;
    const loader = new Loader({
      flash: this.#options.flash,
      registers: this.#registers,
      fault: () => this.loaderFault,
      send: (bytes) => this.uart.send(bytes),
      setBaudRate: (baudRate) => {
        this.uart.baudRate = baudRate;
      },
      runApplication: () => this.#boot('software'),
    });
    const stop = playTexts({
      texts: by === undefined ? bootIntoLoader(cause) : [],
      endUs: 0,
      fromNs: this.#resetNs,
      send: (bytes) => this.uart.send(bytes),
      then: () => undefined,
    });
    this.#state = { kind: 'loader', loader, stop, ...(by !== undefined && { by }) };
  }

  #reset(): void {
    this.#stop();
    this.uart.reset();
    this.#resetNs = hostNow();
  }

  #stop(): void {
    const state = this.#state;
    switch (state.kind) {
      case 'booting':
        state.stop();
        break;
      case 'loader':
        state.stop();
        state.loader[Symbol.dispose]();
        break;
      case 'running': {
        const gone = state.program.kill().finally(() => this.#dying.delete(gone));
        this.#dying.add(gone);
        break;
      }
      case 'held':
      case 'halted':
        break;
    }
  }

  #receive(bytes: Uint8Array, from: UartPeer): void {
    if (this.#off || this.#state.kind === 'held') return;
    if (this.#state.kind === 'loader') {
      // Whoever speaks has seen enough of the banner: no text may stand between the frames.
      this.#state.stop();
      this.uart.paced = this.#options.paceLoader;
      this.#state.loader.receive(bytes);
      return;
    }
    const sync = from.hasControlLines ? undefined : this.#syncDetectorOf(from).find(bytes);
    if (sync !== undefined) {
      this.#enterLoader('power-on', from);
      this.#receive(sync, from);
    } else if (this.#state.kind === 'running') {
      this.#state.program.write(bytes);
    }
  }

  /** A link without control lines can't reset the chip: when it goes, so does the loader that it called for. */
  #forget(peer: UartPeer): void {
    if (this.#state.kind === 'loader' && this.#state.by === peer) this.#boot('power-on');
  }

  #syncDetectorOf(peer: UartPeer): PhraseDetector {
    const known = this.#syncDetectors.get(peer);
    if (known !== undefined) return known;
    const detector = new PhraseDetector(SYNC);
    this.#syncDetectors.set(peer, detector);
    return detector;
  }

  /** Where a chip would run on and the emulation can't: says why, like a line of the log, and stands still. */
  #halt(why: string): void {
    this.#state = { kind: 'halted' };
    this.#say(`E (${Math.floor(elapsedMs(this.#resetNs))}) virtual_board: ${why}: halted`);
  }

  #say(line: string): void {
    this.uart.send(Buffer.from(`${line}\r\n`, 'utf8'));
  }
}
