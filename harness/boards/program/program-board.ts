import { ConsoleProgram, type ProgramEnd } from '../parts/console-program.ts';
import { openRfc2217Door } from '../parts/doors/rfc2217-door.ts';
import { ResetCircuit, type ControlLines, type ResetAction } from '../parts/reset-circuit.ts';
import { Resources } from '../parts/resources.ts';
import { Uart } from '../parts/uart.ts';
import { StallWatch } from './stall-watch.ts';

/**
 * A board whose chip is a program: ESP-IDF's linux target, or an emulator with its serial port on its standard input and
 * output.
 *
 *     RFC 2217 ──DTR, RTS──▶ reset circuit ──▶ EN low: end the program; EN high: start it anew
 *        └──────────────── UART ─────────────▶ its standard input and output
 */
export interface ProgramBoardOptions {
  /** Looked up in PATH unless it is a path. */
  readonly command: string;
  readonly args: readonly string[];
  /** Added to `args` when the reset asks for the loader (IO0 low); absent: the program has none, and runs as ever. */
  readonly loaderArgs?: readonly string[];
  /** Whether it is in reset when it is powered, until the first reset ends. Default false: it runs at once. */
  readonly holdAtPowerOn?: boolean;
  /** Where the door listens. Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: the system picks one. */
  readonly rfc2217Port?: number;
  /** Where it is noted when this host held the program up, a `BoardStall` a line; absent: nowhere. */
  readonly stallsFile?: string | undefined;
}

export interface ProgramBoard extends AsyncDisposable {
  readonly urls: {
    /** `rfc2217://127.0.0.1:4000`: data and control lines. */
    readonly rfc2217: string;
  };
}

/**
 * Powers the board. Disposing of it ends the program and closes the door.
 *
 * @throws UsageError `PORT_IN_USE` or `ADDRESS` when the door can't be opened.
 */
export async function startProgramBoard(options: ProgramBoardOptions): Promise<ProgramBoard> {
  const { host = '127.0.0.1', rfc2217Port = 0, holdAtPowerOn = false } = options;
  const resources = new Resources();
  try {
    // Its standard input and output have no rate, and an emulator's chip changes its own unseen.
    const uart = new Uart({ hasRate: false });
    const socket = resources.use(new ProgramSocket(options, uart));
    const circuit = new ResetCircuit();
    const door = resources.use(
      await openRfc2217Door({
        uart,
        host,
        port: rfc2217Port,
        lines: () => circuit.lines,
        setLines: (change: Partial<ControlLines>) => {
          const action = circuit.set(change);
          if (action !== undefined) socket.act(action);
        },
      }),
    );
    if (!holdAtPowerOn) socket.act('run');
    return {
      urls: { rfc2217: `rfc2217://${host}:${door.port}` },
      [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
    };
  } catch (error) {
    await resources[Symbol.asyncDispose]();
    throw error;
  }
}

/** Where the program sits like a chip in its socket: one at a time, and none while EN is low. */
class ProgramSocket implements AsyncDisposable {
  readonly #options: ProgramBoardOptions;
  readonly #uart: Uart;
  #program: ConsoleProgram | undefined;
  #stallWatch: StallWatch | undefined;
  /** Resets in their order: the next one begins when the program of the one before has ended. */
  #settled: Promise<void> = Promise.resolve();

  constructor(options: ProgramBoardOptions, uart: Uart) {
    this.#options = options;
    this.#uart = uart;
    uart.handle({
      onReceive: (bytes) => this.#program?.write(bytes),
      onDisconnect: () => undefined,
    });
  }

  act(action: ResetAction): void {
    this.#settled = this.#settled.then(async () => {
      await this.#end();
      if (action !== 'hold') this.#start(action);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.act('hold');
    await this.#settled;
  }

  #start(action: 'run' | 'download'): void {
    const { command, args, loaderArgs = [], stallsFile } = this.#options;
    const program = new ConsoleProgram({
      command,
      args: action === 'run' ? args : [...args, ...loaderArgs],
      onOutput: (bytes) => {
        this.#uart.send(bytes);
      },
      onEnd: (end) => {
        if (this.#program === program) this.#tell(end);
      },
    });
    this.#program = program;
    if (stallsFile !== undefined && program.pid !== undefined) {
      this.#stallWatch = new StallWatch(program.pid, stallsFile);
    }
  }

  async #end(): Promise<void> {
    const program = this.#program;
    this.#forget();
    await program?.kill();
  }

  /** Whoever reads the console learns that nothing will follow, and why. */
  #tell(end: ProgramEnd): void {
    this.#forget();
    this.#uart.send(Buffer.from(`\r\n${programEndedLine(end)}\r\n`));
  }

  #forget(): void {
    this.#program = undefined;
    this.#stallWatch?.[Symbol.dispose]();
    this.#stallWatch = undefined;
  }
}

function programEndedLine(end: ProgramEnd): string {
  switch (end.kind) {
    case 'exited':
      return `program_board: the program ended with exit code ${end.code}`;
    case 'killed':
      return `program_board: the program was ended by ${end.signal}`;
    case 'failed':
      return `program_board: the program can't be run: ${end.error.message}`;
  }
}
