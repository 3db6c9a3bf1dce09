import type { ConfigValue } from '../build/kconfig.ts';

/** The firmware that a board is to run, and how to come by it. */
export interface FirmwareWish {
  readonly firmwareDir: string;
  /** Where its build directories lie: in its own folder, or apart from one that is not ours. */
  readonly buildsDir: string;
  /** What its configuration needs besides the server's address. */
  readonly firmwareConfig: Readonly<Record<string, ConfigValue>>;
  /** It asks for network and server on its console; it then is another build than one that knows them. */
  readonly provision?: boolean;
  /** Address that it sends to, where that is not the one which the board finds the server at. */
  readonly serverAddress?: string;
  /** A build made elsewhere; absent: build the firmware here. */
  readonly buildDir?: string;
  /** An ESP-IDF named by the user; absent: found. */
  readonly idfDir?: string;
}

/** A build directory's name, of what it is built for: `build-esp32`, `build-esp32-asking`. */
export function nameBuildDir(what: string, { provision = false }: FirmwareWish): string {
  return `build-${what}${provision ? '-asking' : ''}`;
}
