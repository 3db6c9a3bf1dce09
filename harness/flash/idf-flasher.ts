import { dirname } from 'node:path';
import type { EspIdf } from '../build/idf/find-idf.ts';
import { ownBuildDir } from '../build/idf/own-build-dir.ts';
import { runTool } from '../process/run-tool.ts';
import { withBaudFallback } from './baud-fallback.ts';
import { explain, isInFlash, progressTeller, resetEnvironment, summarise } from './esptool-flasher.ts';
import { isAtLeast, type Esptool } from './find-esptool.ts';
import type { Flasher } from './flasher.ts';

export interface IdfProject {
  readonly idf: EspIdf;
  /** The ESP-IDF project that was built. */
  readonly firmwareDir: string;
  /** The esptool of that ESP-IDF. */
  readonly esptool: Esptool;
}

/** It looks once more whether everything is built. */
const flashTimeoutMs = 900_000;

/**
 * Flashes by `idf.py flash`, as the project's users do: with what its build adds to flashing. Always with the port: without one,
 * esptool would try every serial port of the host, other people's boards included.
 */
export function flashByIdf({ idf, firmwareDir, esptool }: IdfProject): Flasher {
  return async (request) => {
    const { build, path, reset, logFile, signal } = request;
    const tool = `idf.py flash, esptool ${esptool.version}`;
    return await withBaudFallback(request.baudRate, async (baudRate) => {
      const skipsItself = isAtLeast(esptool.version, '5.2');
      if (!skipsItself && (await isInFlash({ esptool, request: { ...request, baudRate } }))) {
        return { skipped: true, summary: `${build.target}: all is in flash already (${tool})` };
      }
      using _ours = await ownBuildDir(build.dir, 'idf.py flash', signal);
      const result = await runTool({
        command: 'idf.py',
        args: [
          ...['-B', build.dir, '-p', path, '-b', String(baudRate), 'flash'],
          ...(skipsItself ? ['--extra-args=--skip-flashed'] : []),
        ],
        cwd: firmwareDir,
        env: {
          ...idf.env,
          ...(await resetEnvironment(reset, dirname(logFile))),
          IDF_TARGET: build.target,
          NO_COLOR: '1',
          COLUMNS: '200',
        },
        logFile,
        signal,
        timeoutMs: flashTimeoutMs,
        onLine: progressTeller(request),
      });
      if (result.exitCode !== 0) throw await explain(request, result);
      return summarise(request, result, tool);
    });
  };
}
