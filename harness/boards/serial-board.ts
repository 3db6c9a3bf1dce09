import { readBuildDirectory, type BuildDirectory } from '../build/build-directory.ts';
import { buildWithIdf } from '../build/idf-build.ts';
import { BenchError } from '../errors.ts';
import { flashOverSerial } from './flash-over-serial.ts';
import type { Board, Built, StageOptions, StageOutcome } from './board.ts';

export interface SerialBoardOptions {
  /** Serial path or URL that the board's console and loader are reached by. */
  readonly port: string;
  readonly firmwareDir: string;
  /** A build made elsewhere; absent: `idf.py build`. */
  readonly buildDir?: string;
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
    const { firmwareDir, buildDir } = this.#options;
    if (buildDir === undefined) return buildWithIdf({ firmwareDir, ...stage });
    const read = refuseHostBuild(readBuildDirectory(buildDir));
    return {
      skipped: true,
      summary: `${read.projectName} ${read.projectVersion} as built in ${buildDir}`,
      buildDir: read,
    };
  }

  flash(build: BuildDirectory, stage: StageOptions): Promise<StageOutcome> {
    return flashOverSerial(refuseHostBuild(build), this.console.path, stage);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** A build for this host runs on virtual boards only; it must never be judged, or shown, as one for hardware. */
function refuseHostBuild(build: BuildDirectory): BuildDirectory {
  if (!build.isHostBuild) return build;
  throw new BenchError('HOST_BUILD', {
    what: 'This build is for a virtual board: its image holds a program for this host, not for an ESP32',
    where: build.dir,
    next: 'add `--board virtual`, or give a build made by `idf.py` (--build-dir)',
  });
}
