import { readdir, readFile, readlink, realpath } from 'node:fs/promises';

/** A program that has a serial port open. */
export interface PortHolder {
  readonly pid: number;
  /** Its command line; its arguments are separated by blanks. */
  readonly command: string;
}

/** Other processes that have a device open, as far as this user may see them; none where there is no `/proc`. */
export async function findPortHolders(path: string): Promise<PortHolder[]> {
  const device = await realpath(path).catch(() => path);
  const pids = (await list('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const holders = await Promise.all(pids.map(async (pid) => inspect(Number(pid), device)));
  return holders.filter((holder) => holder !== undefined);
}

async function inspect(pid: number, device: string): Promise<PortHolder | undefined> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await list(folder);
  const files = await Promise.all(
    descriptors.map(async (descriptor) => readlink(`${folder}/${descriptor}`).catch(() => '')),
  );
  if (!files.includes(device)) return undefined;
  const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
  return { pid, command: command.replaceAll('\0', ' ').trim() };
}

async function list(folder: string): Promise<string[]> {
  // Gone since, or another user's: either way nothing to see.
  return readdir(folder).catch(() => []);
}
