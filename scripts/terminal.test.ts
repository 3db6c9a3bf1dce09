/**
 * What `npm run hil` leaves of the terminal that it ran on, however it ended: a pseudo-terminal of the kernel, as a terminal
 * program gives one. Without util-linux's `setsid` and `stty` these tests are skipped, and say so.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { ReadStream } from 'node:tty';
import { describe, expect, it } from 'vitest';
import { openPseudoTerminal } from '../harness/boards/parts/doors/pseudo-terminal.ts';

const root = join(import.meta.dirname, '..');
const missing = ['setsid', 'stty'].filter((tool) => spawnSync(tool, ['--version']).status !== 0);
const suite = `a terminal${missing.length === 0 ? '' : ` (skipped: no ${missing.join(' and no ')} in PATH)`}`;

/** Some that no other test has. */
const server = ['--server-host', '127.0.9.60', '--server-port', '4460'];
const brief = ['--duration', '1', '--spec', 'boot'];

class Terminal implements Disposable {
  readonly #terminal = openPseudoTerminal();
  readonly #slave = openSync(this.#terminal.path, constants.O_RDWR | constants.O_NOCTTY);
  readonly #screen = new ReadStream(this.#terminal.duplicate());
  #shown = '';

  constructor() {
    // As a shell finds it. Raw, as it was opened, Ctrl-C would be a byte like any other; without a size it shows no spinner.
    this.#stty('sane', 'cols', '120', 'rows', '40');
    this.#screen.on('data', (bytes: Buffer) => (this.#shown += bytes.toString()));
  }

  get shown(): string {
    return this.#shown;
  }

  /** All that `stty` can tell of it. */
  get settings(): string {
    return this.#stty('-g');
  }

  get isCursorHidden(): boolean {
    return this.#shown.lastIndexOf('\u001b[?25l') > this.#shown.lastIndexOf('\u001b[?25h');
  }

  /** Starts a run on it as a shell does: it controls the run's session. */
  start(args: readonly string[]): ChildProcess {
    const hil = [process.execPath, join(root, 'scripts/start.cjs'), 'hil', ...server, ...args];
    // What a CI system sets would make it plain.
    const { CI, ...env } = process.env;
    return spawn('setsid', ['--ctty', ...hil], {
      cwd: root,
      env,
      stdio: [this.#slave, this.#slave, this.#slave],
    });
  }

  async says(words: string): Promise<void> {
    while (!this.#shown.includes(words)) await once(this.#screen, 'data');
  }

  press(key: string): void {
    this.#screen.write(key);
  }

  [Symbol.dispose](): void {
    this.#screen.destroy();
    closeSync(this.#slave);
    this.#terminal[Symbol.dispose]();
  }

  #stty(...args: readonly string[]): string {
    return spawnSync('stty', args, { stdio: [this.#slave, 'pipe', 'inherit'], encoding: 'utf8' }).stdout;
  }
}

describe.skipIf(missing.length > 0)(suite, { timeout: 60_000 }, () => {
  it.each<[string, (terminal: Terminal, hil: ChildProcess) => void, number | null]>([
    ['its end', () => undefined, 0],
    ['Ctrl-C', (terminal) => terminal.press('\u0003'), 130],
    ['a hang-up', (_, hil) => hil.kill('SIGHUP'), 130],
    ['being killed', (_, hil) => hil.kill('SIGKILL'), null],
  ])('is as it was after %s', async (_, act, exitCode) => {
    using terminal = new Terminal();
    const before = terminal.settings;
    expect(before).toMatch(/^[0-9a-f]+:/);
    const hil = terminal.start(brief);
    const ended = once(hil, 'exit');
    // The spinner runs.
    await terminal.says('⠋');
    act(terminal, hil);
    expect((await ended)[0]).toBe(exitCode);
    expect(terminal.settings).toBe(before);
    expect(terminal.isCursorHidden).toBe(false);
  });
});
