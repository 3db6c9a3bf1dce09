import { join } from 'node:path';
import { readBuildDirectory, type BuildDirectory } from '../build/build-directory.ts';
import { findIdf } from '../build/idf/find-idf.ts';
import { buildWithIdf } from '../build/idf/idf-build.ts';
import { identifyProgram } from '../build/identify-program.ts';
import { UsageError } from '../errors.ts';
import { startBoardProcess, type BoardProcess } from './board-process.ts';
import { nameBuild, type Board, type Built, type StageOptions, type StageOutcome } from './board.ts';
import { nameBuildDir, type FirmwareWish } from './firmware-wish.ts';

export interface LinuxBoardWish extends FirmwareWish {
  readonly serverHost: string;
  readonly serverPort: number;
  readonly root: string;
}

/**
 * ESP-IDF's linux target: the same firmware, built by `idf.py` with FreeRTOS's simulator and the host's sockets, as a process
 * whose standard input and output are the console.
 */
export class LinuxBoard implements Board {
  readonly tier = 'linux';
  readonly real = false;
  readonly name = 'ESP-IDF linux target';
  /** It has the host's addresses and prints none; to the loopback it sends from this one. */
  readonly arrivesFrom = '127.0.0.1';
  readonly #wish: LinuxBoardWish;
  #process: BoardProcess | undefined;

  constructor(wish: LinuxBoardWish) {
    this.#wish = wish;
  }

  get console(): Board['console'] {
    if (this.#process === undefined) throw new Error('the console is known after build()');
    return { path: this.#process.url, baudRate: 115_200, resetHoldMs: 5 };
  }

  async build(stage: StageOptions): Promise<Built> {
    const { firmwareDir, buildDir, root } = this.#wish;
    const built =
      buildDir === undefined
        ? await this.#build(stage)
        : { build: await readBuildDirectory(buildDir), how: 'built elsewhere' };
    if (built.build.target !== 'linux') {
      throw new UsageError('WRONG_TARGET', {
        what: `This build is for the ${built.build.target}, not for ESP-IDF's linux target`,
        where: built.build.dir,
        next: `give a build for linux, or leave --build-dir out and let idf.py build ${firmwareDir}`,
      });
    }
    const { program, build } = await identifyProgram(built.build);
    this.#process = await startBoardProcess({
      root,
      script: 'program-board',
      args: ['--hold', program],
      recordDir: stage.recordDir,
      name: 'linux board',
      signal: stage.signal,
    });
    return { skipped: false, summary: `${nameBuild(build)}, ${built.how}`, buildDir: build };
  }

  flash(): Promise<StageOutcome> {
    return Promise.resolve({
      skipped: true,
      summary: 'the linux target has no flash: it runs from its file',
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
  }

  async #build(stage: StageOptions): Promise<{ readonly build: BuildDirectory; readonly how: string }> {
    const { firmwareDir, buildsDir, firmwareConfig, idfDir, serverPort } = this.#wish;
    const { serverHost } = this;
    const idf = await findIdf({ ...(idfDir !== undefined && { idfDir }), signal: stage.signal });
    const build = await buildWithIdf({
      idf,
      firmwareDir,
      target: 'linux',
      buildDir: join(buildsDir, nameBuildDir(`linux-${serverHost}-${serverPort}`, this.#wish)),
      config: { ...firmwareConfig, EXAMPLE_IPV4_ADDR: serverHost, EXAMPLE_PORT: serverPort },
      logFile: join(stage.recordDir, 'build.log'),
      signal: stage.signal,
      onProgress: (done, total, what) => {
        stage.onProgress({ done, total, what });
      },
    });
    return { build, how: `by idf.py ${build.idfVersion} (${idf.why})` };
  }

  /** A server that listens on all addresses is on the loopback, too. */
  private get serverHost(): string {
    const { serverHost, serverAddress = serverHost } = this.#wish;
    return serverAddress === '0.0.0.0' ? '127.0.0.1' : serverAddress;
  }
}
