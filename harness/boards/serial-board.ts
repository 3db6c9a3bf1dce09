import { basename, join } from 'node:path';
import { readBuildDirectory, type BuildDirectory } from '../build/build-directory.ts';
import { HOST_SHIM_VERSION } from '../build/host-build.ts';
import { findIdf } from '../build/idf/find-idf.ts';
import { buildWithIdf } from '../build/idf/idf-build.ts';
import { BenchError } from '../errors.ts';
import { usbIdentityOf } from '../serial/match-usb.ts';
import type { OwnerLock } from '../process/owner-lock.ts';
import { lockBoard } from './board-lock.ts';
import type { FoundBoard } from './find-board.ts';
import type { EspIdf } from '../build/idf/find-idf.ts';
import type { FlasherChoice } from '../flash/flasher-choice.ts';
import { flashBoard } from './flash-board.ts';
import { nameBuild, type Board, type Built, type StageOptions, type StageOutcome } from './board.ts';
import { nameBuildDir, type FirmwareWish } from './firmware-wish.ts';

export interface SerialBoardOptions extends FirmwareWish {
  readonly found: FoundBoard;
  readonly flasher: FlasherChoice;
  /** Default: esp32. */
  readonly target?: string;
  /** Gives back what the board was taken from, when it is no longer needed. */
  readonly release?: () => Promise<void>;
}

/** ESP-IDF's default, CONFIG_ESP_CONSOLE_UART_BAUDRATE. */
const consoleBaudRate = 115_200;

/** An ESP32 on a serial port, local or remote: a real one, unless the bench file says that it is emulated. */
export class SerialBoard implements Board {
  readonly tier = 'board';
  readonly real: boolean;
  readonly name: string;
  readonly arrivesFrom?: string;
  readonly console: Board['console'];
  readonly #options: SerialBoardOptions;
  #lock: OwnerLock | undefined;
  /** What built the firmware; absent until then, and when it was built elsewhere. */
  #idf: EspIdf | undefined;

  constructor(options: SerialBoardOptions) {
    this.#options = options;
    const { port, entry, listed } = options.found;
    this.name = entry === undefined ? port : `${entry.name} (${port})`;
    this.real = entry?.emulated !== true;
    if (entry?.arrivesFrom !== undefined) this.arrivesFrom = entry.arrivesFrom;
    const usb = entry?.usb ?? (listed && usbIdentityOf(listed));
    this.console = {
      path: port,
      baudRate: entry?.consoleBaudRate ?? consoleBaudRate,
      reset: entry?.reset ?? listed?.bridge?.reset ?? 'classic',
      ...(usb && { usb }),
    };
  }

  async build(stage: StageOptions): Promise<Built> {
    const { firmwareDir, buildsDir, firmwareConfig, serverAddress, buildDir, idfDir, found } = this.#options;
    // First of all: who builds for a minute should not learn after it that the board is somebody else's.
    this.#lock = await lockBoard(found.port, { why: 'npm run hil', run: basename(stage.recordDir) });
    const target = this.#options.target ?? found.entry?.chip ?? 'esp32';
    if (buildDir !== undefined) {
      const build = refuseHostBuild(await readBuildDirectory(buildDir));
      return { skipped: true, summary: `${nameBuild(build)}, built elsewhere`, buildDir: build };
    }
    const idf = await findIdf({ ...(idfDir !== undefined && { idfDir }), signal: stage.signal });
    this.#idf = idf;
    const build = await buildWithIdf({
      idf,
      firmwareDir,
      target,
      buildDir: join(buildsDir, nameBuildDir(target, this.#options)),
      config: { ...firmwareConfig, ...(serverAddress !== undefined && { EXAMPLE_IPV4_ADDR: serverAddress }) },
      logFile: join(stage.recordDir, 'build.log'),
      signal: stage.signal,
      onProgress: (done, total, what) => {
        stage.onProgress({ done, total, what });
      },
    });
    return {
      skipped: false,
      summary: `${nameBuild(build)}, by idf.py ${build.idfVersion} for ${build.target} (${idf.why})`,
      buildDir: build,
    };
  }

  async flash(build: BuildDirectory, stage: StageOptions): Promise<StageOutcome> {
    const { flasher, found, firmwareDir } = this.#options;
    const idf = this.#idf;
    return await flashBoard(
      {
        build: refuseHostBuild(build),
        console: this.console,
        choice: flasher,
        builtHere: idf && { idf, firmwareDir },
        baudRate: found.entry?.flashBaudRate,
      },
      stage,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lock?.[Symbol.dispose]();
    await this.#options.release?.();
  }
}

/** A build for this host runs on virtual boards only; it must never be judged, or shown, as one for hardware. */
function refuseHostBuild(build: BuildDirectory): BuildDirectory {
  if (build.idfVersion !== HOST_SHIM_VERSION) return build;
  throw new BenchError('HOST_BUILD', {
    what: 'This build is for a virtual board: its image holds a program for this host, not for an ESP32',
    where: build.dir,
    next: 'add `--board virtual`, or give a build made by `idf.py` (--build-dir)',
  });
}
