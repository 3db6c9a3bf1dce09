import type { ConfigValue } from '../build/kconfig.ts';

/** The firmware that a board is to run, and how to come by it. */
export interface FirmwareWish {
  readonly firmwareDir: string;
  /** Where its build directories lie: in its own folder, or apart from one that is not ours. */
  readonly buildsDir: string;
  /** What its configuration needs besides the server's address. */
  readonly firmwareConfig: Readonly<Record<string, ConfigValue>>;
  /** A build made elsewhere; absent: build the firmware here. */
  readonly buildDir?: string;
  /** An ESP-IDF named by the user; absent: found. */
  readonly idfDir?: string;
}
