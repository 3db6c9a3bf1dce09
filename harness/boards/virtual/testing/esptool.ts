import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

/** esptool's program: `HIL_ESPTOOL`, or the one on the PATH. */
const command = process.env['HIL_ESPTOOL'] ?? 'esptool';

/** Why the tests with esptool can't run here; `undefined` when they can. */
export const whyNoEsptool: string | undefined = findObstacle();

function findObstacle(): string | undefined {
  const { error, stdout } = spawnSync(command, ['version'], { encoding: 'utf8', timeout: 30_000 });
  if (error !== undefined) {
    return `${command} can't be run (${error.message}); pip install esptool, or set HIL_ESPTOOL to its path`;
  }
  const version = /^esptool v(\d+)\./m.exec(stdout)?.[1] ?? '?';
  return Number(version) >= 5 ? undefined : `${command} is version ${version}, the tests need 5 or later`;
}

/**
 * Runs the unmodified esptool; its output.
 *
 * @throws Error with the output when it fails, and after 60 s.
 */
export async function runEsptool(...args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, { timeout: 60_000 });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${message}\n${stdout}${stderr}`, { cause: error });
  }
}
