import { basename, join } from 'node:path';
import { readBuildDirectory, type BuildDirectory } from '../build/build-directory.ts';
import { buildForHost } from '../build/host-build.ts';
import { BenchError } from '../errors.ts';
import type { OwnerLock } from '../process/owner-lock.ts';
import { lockBoard } from './board-lock.ts';
import { startBoardProcess, type BoardProcess } from './board-process.ts';
import {
  nameBuild,
  type Board,
  type BoardFaults,
  type Built,
  type StageOptions,
  type StageOutcome,
} from './board.ts';
import { nameBuildDir, type FirmwareWish } from './firmware-wish.ts';
import type { FlasherChoice } from '../flash/flasher-choice.ts';
import { flashBoard } from './flash-board.ts';
import { faultNames } from './parts/fault.ts';

export interface VirtualBoardWish extends FirmwareWish {
  readonly flasher: FlasherChoice;
  readonly serverHost: string;
  readonly serverPort: number;
  readonly root: string;
  /** A virtual board that is already running; absent: start one. */
  readonly port?: string;
  /** Gives back what the board was taken from, when it is no longer needed. */
  readonly release?: () => Promise<void>;
  /** What the bench file calls it; absent when it is not from there. */
  readonly boardName?: string;
}

/** More boards than run at once on any machine: each has a flash file and an address of its own. */
const slots = 50;

/**
 * The virtual board, run as a process of its own: the very program that `npm run virtual-board` starts, reached as an
 * outside tool would reach it.
 */
export class VirtualBoardProcess implements Board {
  readonly tier = 'virtual';
  readonly real = false;
  readonly #wish: VirtualBoardWish;
  #starting: Promise<BoardProcess> | undefined;
  #url: string | undefined;
  #lock: OwnerLock | undefined;
  name: string;

  constructor(wish: VirtualBoardWish) {
    this.#wish = wish;
    this.name = this.#nameOf(wish.port ?? 'virtual board');
  }

  get console(): Board['console'] {
    if (this.#url === undefined) throw new Error('the console is known after build()');
    // There is no capacitor on EN to discharge.
    return { path: this.#url, baudRate: 115_200, resetHoldMs: 5 };
  }

  async build(stage: StageOptions): Promise<Built> {
    const { port } = this.#wish;
    // One of our own starts up while the compiler works; one that others may use, too, is ours alone from here on.
    if (port === undefined) this.#begin(stage);
    else this.#lock = await lockBoard(port, { why: 'npm run hil', run: basename(stage.recordDir) });
    const built = await this.#build(stage);
    this.#url = this.#wish.port ?? (await this.#starting)?.url;
    return built;
  }

  async #build(stage: StageOptions): Promise<Built> {
    const { firmwareDir, buildsDir, firmwareConfig, buildDir, serverPort } = this.#wish;
    const serverHost = this.#serverHost;
    if (buildDir !== undefined) {
      const build = await readBuildDirectory(buildDir);
      return { skipped: true, summary: `${nameBuild(build)}, built elsewhere`, buildDir: build };
    }
    const built = await buildForHost({
      firmwareDir,
      buildDir: join(buildsDir, nameBuildDir(`host${this.#addressSuffix}`, this.#wish)),
      config: { ...firmwareConfig, EXAMPLE_IPV4_ADDR: serverHost, EXAMPLE_PORT: serverPort },
      signal: stage.signal,
      onProgress: (done, total, what) => {
        stage.onProgress({ done, total, what });
      },
    });
    return {
      skipped: !built.rebuilt,
      summary: `${nameBuild(built.buildDir)}, ${built.rebuilt ? 'built' : 'up to date'}`,
      buildDir: built.buildDir,
    };
  }

  flash(build: BuildDirectory, stage: StageOptions): Promise<StageOutcome> {
    // Its own loader is what the harness's own flasher was made with: no Python is looked for.
    const { flasher } = this.#wish;
    const choice = flasher === 'auto' ? 'embedded' : flasher;
    return flashBoard({ build, console: this.console, choice }, stage);
  }

  /** Whoever has started the board has its standard input, where faults are asked for. */
  get faults(): BoardFaults | undefined {
    if (this.#wish.port !== undefined) return undefined;
    return {
      names: new Set(faultNames),
      inject: async (fault) => {
        const process = await this.#starting;
        await process?.inject(fault);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const process = await this.#starting?.catch(() => undefined);
    await process?.[Symbol.asyncDispose]();
    this.#lock?.[Symbol.dispose]();
    await this.#wish.release?.();
  }

  /** Where the board finds the server. One that listens on all addresses is on the loopback, too, where the board is. */
  get #serverHost(): string {
    const { serverHost, serverAddress = serverHost } = this.#wish;
    return serverAddress === '0.0.0.0' ? '127.0.0.1' : serverAddress;
  }

  /**
   * The firmware carries the server's address (menuconfig), so each address is a build of its own and a flash of its
   * own: `npm run virtual-board` boots what the last run with the usual address has flashed.
   */
  get #addressSuffix(): string {
    const address = `${this.#serverHost}-${this.#wish.serverPort}`;
    return address === '127.0.0.1-3333' ? '' : `-${address}`;
  }

  #nameOf(board: string): string {
    const { boardName } = this.#wish;
    return boardName === undefined ? board : `${boardName} (${board})`;
  }

  #begin(stage: StageOptions): void {
    this.#starting = this.#start(stage);
    // Waited for after the build; one that fails first must not leave it unheard.
    this.#starting.catch(() => undefined);
  }

  /** Starts it on the first flash file that no other board uses. */
  async #start({ signal, recordDir }: StageOptions): Promise<BoardProcess> {
    const { root } = this.#wish;
    for (let slot = 1; ; slot++) {
      try {
        const process = await startBoardProcess({
          root,
          script: 'virtual-board',
          args: [
            '--flash',
            join(root, `.hil/virtual-board${this.#addressSuffix}-${slot}.flash.bin`),
            '--ip',
            `127.0.0.${slot + 1}`,
          ],
          recordDir,
          name: 'virtual board',
          signal,
        });
        this.name = this.#nameOf(`virtual board ${slot}`);
        return process;
      } catch (error) {
        if (slot === slots || !isInUse(error)) throw error;
      }
    }
  }
}

function isInUse(error: unknown): boolean {
  return (
    error instanceof BenchError && (error.story.evidence ?? []).some((line) => line.includes('FLASH_IN_USE'))
  );
}
