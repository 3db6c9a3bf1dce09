import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readBuildDirectory, type BuildDirectory } from '../build/build-directory.ts';
import { findIdf } from '../build/idf/find-idf.ts';
import { buildWithIdf } from '../build/idf/idf-build.ts';
import { UsageError } from '../errors.ts';
import { mergeImages } from '../flash/merge-images.ts';
import { startBoardProcess, type BoardProcess } from './board-process.ts';
import { machineArgs, machineFor, requireEmulator, type EmulatedMachine } from './emulated-machine.ts';
import { nameBuild, type Board, type Built, type StageOptions, type StageOutcome } from './board.ts';
import { nameBuildDir, type FirmwareWish } from './firmware-wish.ts';

export interface EmulatorBoardWish extends FirmwareWish {
  /** `esp32c3` (default) or `esp32`. */
  readonly target?: string;
  readonly serverHost: string;
  readonly serverPort: number;
  readonly role: 'client' | 'server';
  readonly root: string;
}

const defaultTarget = 'esp32c3';

/** What the emulated network calls the host's loopback. @see QEMU, user-mode networking (SLIRP) */
const hostSeenByGuest = '10.0.2.2';

/** An Espressif chip in QEMU: the chip's own machine code, on the chip's own ROM, with an emulated network card. */
export class EmulatorBoard implements Board {
  readonly tier = 'emulator';
  readonly real = false;
  readonly name: string;
  /** The emulator's network translates addresses. */
  readonly arrivesFrom = '127.0.0.1';
  readonly #wish: EmulatorBoardWish;
  readonly #target: string;
  readonly #machine: EmulatedMachine;
  readonly #flashFile: string;
  #process: BoardProcess | undefined;

  /** @throws UsageError WRONG_TARGET, WRONG_SERVER_HOST. */
  constructor(wish: EmulatorBoardWish) {
    this.#wish = wish;
    this.#target = wish.target ?? defaultTarget;
    this.name = `QEMU ${this.#target}`;
    this.#flashFile = join(wish.root, `.hil/qemu-${this.#target}-${process.pid}.flash.bin`);
    this.#machine = machineFor(this.#target);
    if (wish.serverHost !== '127.0.0.1' && wish.serverHost !== '0.0.0.0') {
      throw new UsageError('WRONG_SERVER_HOST', {
        what: `A chip in QEMU reaches the host at 127.0.0.1 only, and the server is to listen on ${wish.serverHost}`,
        next: 'leave --server-host out, or give 127.0.0.1 or 0.0.0.0',
      });
    }
  }

  get console(): Board['console'] {
    if (this.#process === undefined) throw new Error('the console is known after build()');
    return { path: this.#process.url, baudRate: 115_200, resetHoldMs: 5 };
  }

  async build(stage: StageOptions): Promise<Built> {
    await requireEmulator(this.#machine, stage.signal);
    const { build, how } = await this.#build(stage);
    if (build.target !== this.#target) {
      throw new UsageError('WRONG_TARGET', {
        what: `This build is for the ${build.target}, and the emulated chip is an ${this.#target}`,
        where: build.dir,
        next: `add \`--target ${build.target}\`, or give another build`,
      });
    }
    this.#process = await startBoardProcess({
      root: this.#wish.root,
      script: 'program-board',
      args: [
        '--hold',
        // In one piece: it begins with a dash.
        `--loader-args=${this.#machine.loaderArgs.join(' ')}`,
        this.#machine.command,
        ...machineArgs(this.#machine, { flashFile: this.#flashFile, network: this.#network }),
      ],
      recordDir: stage.recordDir,
      name: 'emulated board',
      signal: stage.signal,
    });
    return { skipped: false, summary: `${nameBuild(build)}, ${how}`, buildDir: build };
  }

  async flash(build: BuildDirectory): Promise<StageOutcome> {
    const image = await mergeImages(build);
    await mkdir(join(this.#wish.root, '.hil'), { recursive: true });
    await writeFile(this.#flashFile, image);
    return {
      skipped: false,
      summary: `a fresh flash of ${image.length / 2 ** 20} MiB with ${build.flashFiles.length} images`,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    await rm(this.#flashFile, { force: true });
  }

  /** A firmware that is a server listens behind the emulator's address translation: a port of the host leads there. */
  get #network(): string {
    const { role, serverPort } = this.#wish;
    const forward = role === 'server' ? `,hostfwd=udp:127.0.0.1:${serverPort}-:${serverPort}` : '';
    return `user,model=open_eth${forward}`;
  }

  async #build(stage: StageOptions): Promise<{ readonly build: BuildDirectory; readonly how: string }> {
    const { firmwareDir, buildsDir, firmwareConfig, buildDir, idfDir, serverPort, root } = this.#wish;
    const { serverAddress = hostSeenByGuest } = this.#wish;
    if (buildDir !== undefined) return { build: await readBuildDirectory(buildDir), how: 'built elsewhere' };
    const idf = await findIdf({ ...(idfDir !== undefined && { idfDir }), signal: stage.signal });
    const build = await buildWithIdf({
      idf,
      firmwareDir,
      target: this.#target,
      buildDir: join(buildsDir, nameBuildDir(`qemu-${this.#target}-${serverPort}`, this.#wish)),
      defaultsFiles: [await networkDefaults(firmwareDir, root)],
      config: { ...firmwareConfig, EXAMPLE_IPV4_ADDR: serverAddress, EXAMPLE_PORT: serverPort },
      logFile: join(stage.recordDir, 'build.log'),
      signal: stage.signal,
      onProgress: (done, total, what) => {
        stage.onProgress({ done, total, what });
      },
    });
    return { build, how: `by idf.py ${build.idfVersion} (${idf.why})` };
  }
}

/** The configuration that an emulated chip needs: the project's own, else that of ours. */
async function networkDefaults(firmwareDir: string, root: string): Promise<string> {
  const own = join(firmwareDir, 'sdkconfig.qemu');
  return await access(own).then(
    () => own,
    () => join(root, 'firmware/sdkconfig.qemu'),
  );
}
