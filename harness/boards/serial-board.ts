import { join } from 'node:path';
import { readBuildDirectory, type BuildDirectory } from '../build/build-directory.ts';
import { HOST_SHIM_VERSION } from '../build/host-build.ts';
import { findIdf } from '../build/idf/find-idf.ts';
import { buildWithIdf } from '../build/idf/idf-build.ts';
import { BenchError } from '../errors.ts';
import { flashOverSerial } from './flash-over-serial.ts';
import { nameBuild, type Board, type Built, type StageOptions, type StageOutcome } from './board.ts';
import type { FirmwareWish } from './firmware-wish.ts';

export interface SerialBoardOptions extends FirmwareWish {
  /** Serial path or URL that the board's console and loader are reached by. */
  readonly port: string;
  /** Default: esp32. */
  readonly target?: string;
}

/** A real ESP32 on a serial port, local or remote. */
export class SerialBoard implements Board {
  readonly tier = 'board';
  readonly real = true;
  readonly name: string;
  readonly console: Board['console'];
  readonly #options: SerialBoardOptions;

  constructor(options: SerialBoardOptions) {
    this.#options = options;
    this.name = options.port;
    // ESP-IDF's default, CONFIG_ESP_CONSOLE_UART_BAUDRATE.
    this.console = { path: options.port, baudRate: 115_200 };
  }

  async build(stage: StageOptions): Promise<Built> {
    const { firmwareDir, buildsDir, firmwareConfig, buildDir, target = 'esp32', idfDir } = this.#options;
    if (buildDir !== undefined) {
      const build = refuseHostBuild(await readBuildDirectory(buildDir));
      return { skipped: true, summary: `${nameBuild(build)}, built elsewhere`, buildDir: build };
    }
    const idf = await findIdf({ ...(idfDir !== undefined && { idfDir }), signal: stage.signal });
    const build = await buildWithIdf({
      idf,
      firmwareDir,
      target,
      buildDir: join(buildsDir, `build-${target}`),
      config: firmwareConfig,
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
    return await flashOverSerial(refuseHostBuild(build), this.console, stage);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
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
