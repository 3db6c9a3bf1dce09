/** A program as a board: the harness's own serial port on one side, a real process on the other. */
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { openPort } from '../../serial/open-port.ts';
import { resetIntoApp, resetIntoLoader } from '../../serial/reset-sequences.ts';
import type { BoardPort } from '../../serial/board-port.ts';
import { startProgramBoard, type ProgramBoardOptions } from './program-board.ts';

/** Says its arguments, then says again what it hears. */
const talker: Pick<ProgramBoardOptions, 'command' | 'args'> = {
  command: process.execPath,
  args: [
    '-e',
    'console.log("boot", process.argv.slice(1).join(" ")); process.stdin.on("data", (d) => { console.log("heard", String(d).trim()); if (String(d).includes("crash")) process.kill(process.pid, "SIGSEGV"); if (String(d).includes("leave")) process.exit(3); });',
    '--',
    'app',
  ],
};

class Console {
  readonly #lines: AsyncIterator<string>;

  constructor(port: BoardPort) {
    this.#lines = createInterface({ input: port })[Symbol.asyncIterator]();
  }

  async next(): Promise<string> {
    for (;;) {
      const { value } = (await this.#lines.next()) as IteratorResult<string, undefined>;
      if (value !== '') return value ?? 'end of the console';
    }
  }
}

async function open(options: Partial<ProgramBoardOptions> = {}) {
  const board = await startProgramBoard({ ...talker, holdAtPowerOn: true, ...options });
  const port = await openPort({ path: board.urls.rfc2217, baudRate: 115_200, dtr: false, rts: false });
  return {
    port,
    console: new Console(port),
    async [Symbol.asyncDispose]() {
      await port[Symbol.asyncDispose]();
      await board[Symbol.asyncDispose]();
    },
  };
}

describe('a program as a board', () => {
  it('starts when EN rises, and again with each reset', async () => {
    await using bench = await open();
    await resetIntoApp(bench.port, { holdMs: 5 });
    expect(await bench.console.next()).toBe('boot app');
    await resetIntoApp(bench.port, { holdMs: 5 });
    expect(await bench.console.next()).toBe('boot app');
  });

  it('hears what is sent to its UART', async () => {
    await using bench = await open();
    await resetIntoApp(bench.port, { holdMs: 5 });
    await bench.console.next();
    bench.port.write('hello\n');
    expect(await bench.console.next()).toBe('heard hello');
  });

  it('is heard and hears at every baud rate: a program has none', async () => {
    await using bench = await open();
    await new Promise((resolve) => bench.port.update({ baudRate: 460_800 }, resolve));
    await resetIntoApp(bench.port, { holdMs: 5 });
    expect(await bench.console.next()).toBe('boot app');
    bench.port.write('hello\n');
    expect(await bench.console.next()).toBe('heard hello');
  });

  it('is started with other arguments when the reset asks for the loader', async () => {
    await using bench = await open({ loaderArgs: ['loader'] });
    await resetIntoLoader(bench.port, { holdMs: 5, bootMs: 5 });
    expect(await bench.console.next()).toBe('boot app loader');
  });

  it.each([
    ['crash', 'program_board: the program was ended by SIGSEGV'],
    ['leave', 'program_board: the program ended with exit code 3'],
  ])('says on the console that it has ended: %s', async (word, line) => {
    await using bench = await open();
    await resetIntoApp(bench.port, { holdMs: 5 });
    await bench.console.next();
    bench.port.write(`${word}\n`);
    expect(await bench.console.next()).toBe(`heard ${word}`);
    expect(await bench.console.next()).toBe(line);
    await resetIntoApp(bench.port, { holdMs: 5 });
    expect(await bench.console.next()).toBe('boot app');
  });

  it('says that a program can not be run', async () => {
    await using bench = await open({ command: '/nowhere/program' });
    await resetIntoApp(bench.port, { holdMs: 5 });
    expect(await bench.console.next()).toMatch(/^program_board: the program can't be run: .*ENOENT/);
  });
});
