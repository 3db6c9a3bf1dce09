import { join } from 'node:path';
import { BenchError, DutError } from '../errors.ts';
import { runTool } from '../process/run-tool.ts';
import { readBuildDirectory, type BuildDirectory } from './build-directory.ts';

export interface IdfBuildOptions {
  /** An ESP-IDF project. */
  readonly firmwareDir: string;
  /** Gets all that idf.py printed. */
  readonly logFile: string;
  readonly signal?: AbortSignal;
  /** Called for each step of ninja's `[n/m]`. */
  readonly onProgress?: (done: number, total: number, what: string) => void;
}

/** ninja's progress, e.g. `[12/874] Building C object …`. */
const ninjaStep = /^\[(\d+)\/(\d+)\] (.*)/;
/** GCC's diagnostics, e.g. `main/udp_client.c:12:5: error: …`, and the linker's. */
const compilerError = /:\d+(:\d+)?: (fatal )?error: |undefined reference to/;

/**
 * Builds an ESP-IDF project by `idf.py build`, in its own `build/`, for the target that its sdkconfig names.
 *
 * @throws BenchError IDF_NOT_FOUND when there is no idf.py in PATH; IDF_BUILD_FAILED for what isn't the sources' fault.
 * @throws DutError COMPILE_FAILED with the compiler's errors.
 */
export async function buildWithIdf(options: IdfBuildOptions): Promise<BuildDirectory> {
  const { firmwareDir, logFile, signal, onProgress } = options;
  const { exitCode, stdout, stderr } = await runIdf(options, (line) => {
    const [, done, total, what = ''] = ninjaStep.exec(line) ?? [];
    if (done !== undefined) onProgress?.(Number(done), Number(total), what);
  });
  signal?.throwIfAborted();
  // idf.py exits with 2 whatever failed: only the text tells.
  if (exitCode !== 0) {
    const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trimEnd());
    const errors = lines.filter((line) => compilerError.test(line)).slice(0, 8);
    if (errors.length > 0) {
      throw new DutError('COMPILE_FAILED', {
        what: `The firmware does not compile: ${errors.length === 8 ? 'at least ' : ''}${errors.length} errors`,
        where: firmwareDir,
        evidence: errors,
        next: `read ${logFile}`,
      });
    }
    throw new BenchError('IDF_BUILD_FAILED', {
      what: `idf.py build failed with exit code ${exitCode}`,
      where: firmwareDir,
      evidence: lines.filter(Boolean).slice(-8),
      next: `read ${logFile}`,
    });
  }
  return readBuildDirectory(join(firmwareDir, 'build'));
}

async function runIdf({ firmwareDir, logFile, signal }: IdfBuildOptions, onLine: (line: string) => void) {
  try {
    return await runTool({
      command: 'idf.py',
      args: ['build'],
      cwd: firmwareDir,
      logFile,
      signal,
      // A first build of ESP-IDF compiles a thousand files.
      timeoutMs: 1_800_000,
      onLine,
    });
  } catch (error) {
    if (!(error instanceof BenchError && error.code === 'TOOL_MISSING')) throw error;
    throw new BenchError('IDF_NOT_FOUND', {
      what: 'A real board needs firmware built by ESP-IDF, and there is no idf.py in PATH',
      next: 'run `. $IDF_PATH/export.sh` first, or give a build made elsewhere: --build-dir DIR',
      cause: error,
    });
  }
}
