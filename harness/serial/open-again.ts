import { setTimeout as delay } from 'node:timers/promises';
import { BenchError } from '../errors.ts';
import { elapsedMs, hostNow } from '../time/clock.ts';
import type { BoardPort } from './board-port.ts';
import { listPorts, type ListedPort } from './list-ports.ts';
import { matchesUsb, type UsbIdentity } from './match-usb.ts';
import { openPort, type OpenPortOptions } from './open-port.ts';

/** Enumeration takes a second at most; udev then sets the permissions. */
const limitMs = 5_000;
const pauseMs = 50;

/** What a port that is about to come back says: it isn't there yet, or not yet this user's, or not yet ready. */
const passing = ['PORT_MISSING', 'PORT_PERMISSION', 'PORT_UNUSABLE', 'PORT_LOST'];

/**
 * Opens a port that has gone and comes back, at the path that it comes back to.
 *
 * @param usb by what it is found again; absent: by its path.
 * @throws BenchError as {@link openPort}, when it isn't back within 5 s.
 */
export async function openAgain(
  settings: OpenPortOptions,
  usb?: UsbIdentity,
  list: () => Promise<readonly ListedPort[]> = listPorts,
): Promise<BoardPort> {
  const beganNs = hostNow();
  for (;;) {
    const found = usb === undefined ? undefined : (await list()).filter((port) => matchesUsb(port, usb));
    // Of several that look alike, the one at the old path.
    const moved = found?.length === 1 ? found[0]?.path : undefined;
    try {
      return await openPort({ ...settings, path: moved ?? settings.path });
    } catch (error) {
      const mayPass = error instanceof BenchError && passing.includes(error.code);
      if (!mayPass || elapsedMs(beganNs) > limitMs) throw error;
    }
    await delay(pauseMs, undefined, { signal: settings.signal });
  }
}
