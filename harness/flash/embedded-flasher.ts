import { createHash } from 'node:crypto';
import { BenchError } from '../errors.ts';
import type { BoardPort } from '../serial/board-port.ts';
import { isWithoutLines } from '../serial/lines.ts';
import { openPort } from '../serial/open-port.ts';
import { parsePortAddress } from '../serial/port-address.ts';
import { resetIntoLoader, type ResetOptions } from '../serial/reset-sequences.ts';
import { defaultResetHoldMs, type ResetStrategy } from '../serial/reset-strategy.ts';
import { elapsedMs, hostNow } from '../time/clock.ts';
import type { Chip } from './chips.ts';
import { checkImages, padImage, type FlashImage } from './flash-image.ts';
import { identifyChip, readFlashSize } from './identify-chip.ts';
import { LoaderLink } from './loader-link.ts';
import { noAnswerError } from './no-answer.ts';
import { RomLoader } from './rom-loader.ts';

export interface FlashProgress {
  /** Of the image that is being written. */
  readonly name: string;
  readonly writtenBytes: number;
  readonly totalBytes: number;
}

export interface FlashOptions {
  /** As for `openPort`. */
  readonly path: string;
  readonly images: readonly FlashImage[];
  /** Of the transfer. The loader is found at 115200 Bd; behind `socket://` no other rate is set. */
  readonly baudRate: number;
  /** How long the reset into the loader holds EN low. Default: {@link defaultResetHoldMs}. */
  readonly resetHoldMs?: number;
  /** How the board is reset. Default: classic. */
  readonly reset?: ResetStrategy | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: FlashProgress) => void;
}

export interface FlashReport {
  readonly chip: string;
  /** Factory MAC address, `24:0a:c4:12:34:56`. */
  readonly mac: string;
  /** Names of the images that were written and then verified. */
  readonly written: readonly string[];
  /** Names of the images that the flash held already. */
  readonly skipped: readonly string[];
  readonly durationMs: number;
}

/** The ROM's loader listens at this rate. */
const loaderBaudRate = 115200;

/** Tries of a SYNC after each reset, and how long each reset keeps IO0 low: boards with a big capacitor on EN need it long. */
const syncTries = 5;
const bootMsOfResets = [50, 50, 550];

/**
 * Brings images into the flash of an ESP32 or ESP32-C3, by the loader in its ROM. What the flash holds already (by MD5) is not
 * written again; what was written is verified (by MD5). Leaves the chip in its loader and the port closed.
 *
 * @throws BenchError `FLASH_NO_ANSWER`, `FLASH_WRONG_CHIP`, `FLASH_ENCRYPTED`, `FLASH_SECURE_BOOT`, `FLASH_CHIP_MISSING`, `FLASH_TOO_SMALL`,
 * `FLASH_REFUSED`, `FLASH_TIMEOUT`, `FLASH_MD5_MISMATCH`, `PORT_LOST`, and what `openPort` throws.
 * @throws UsageError `FLASH_IMAGE` when an image can't be flashed as it is.
 */
export async function flashImages(options: FlashOptions): Promise<FlashReport> {
  const { path, baudRate, resetHoldMs = defaultResetHoldMs, reset = 'classic', signal, onProgress } = options;
  const startedAtNs = hostNow();
  const images = options.images.map(padImage);
  const madeFor = checkImages(images);
  await using port = await openPort({
    path,
    baudRate: loaderBaudRate,
    dtr: false,
    rts: false,
    signal,
    // That a server doesn't confirm its lines is no news: whether they work shows in the loader's answer.
    onWarning: () => undefined,
  });
  using link = new LoaderLink(port, signal);
  const loader = new RomLoader(link);

  let stage = 'connecting to the loader';
  try {
    await enterLoader(port, link, loader, { strategy: reset, holdMs: resetHoldMs, signal });
    const { chip, mac } = await identifyChip(loader);
    if (madeFor !== undefined && madeFor !== chip) throw wrongChipError(path, chip, madeFor);
    if (baudRate !== loaderBaudRate && parsePortAddress(path).kind !== 'tcp') {
      stage = `changing to ${baudRate} Bd`;
      await changeBaudRate(port, loader, baudRate);
    }
    stage = 'attaching the flash';
    await loader.attachFlash();
    const flashBytes = await readFlashSize(loader, chip);
    await loader.setFlashSize(flashBytes);
    refuseTooLarge(images, flashBytes);

    const written: string[] = [];
    const skipped: string[] = [];
    for (const { name, offset, data } of images) {
      const md5 = createHash('md5').update(data).digest('hex');
      stage = `checking ${name}`;
      if ((await loader.flashMd5(offset, data.length)) === md5) {
        skipped.push(name);
        continue;
      }
      await loader.writeFlash({ offset, data, asksForEncryption: chip.asksForEncryption }, (writtenBytes) => {
        stage = `writing ${name} (${writtenBytes} of ${data.length} bytes)`;
        onProgress?.({ name, writtenBytes, totalBytes: data.length });
      });
      stage = `verifying ${name}`;
      const inFlash = await loader.flashMd5(offset, data.length);
      if (inFlash !== md5) throw md5Error(path, name, md5, inFlash);
      written.push(name);
    }
    return {
      chip: chip.name,
      mac,
      written,
      skipped,
      durationMs: elapsedMs(startedAtNs),
    };
  } catch (error) {
    throw port.lost.aborted ? lostError(path, stage, port.lost.reason) : error;
  }
}

/** Resets the chip into its loader where the port can, and waits until the loader answers. */
async function enterLoader(
  port: BoardPort,
  link: LoaderLink,
  loader: RomLoader,
  timing: ResetOptions,
): Promise<void> {
  // A board without a capacitor on EN needs to hold neither line for long, unless it turns out to have one.
  const [firstBootMs = 0, ...others] = bootMsOfResets;
  for (const bootMs of [Math.min(firstBootMs, timing.holdMs ?? firstBootMs), ...others]) {
    link.forget();
    try {
      await resetIntoLoader(port, { ...timing, bootMs });
    } catch (error) {
      if (!isWithoutLines(error)) throw error;
      // Then somebody has put the chip into its loader by hand, or it enters it by itself, as the virtual board does.
    }
    if (await loader.sync(syncTries)) {
      link.expectFramesOnly();
      return;
    }
  }
  throw noAnswerError(port.path, link.heardOutside);
}

async function changeBaudRate(port: BoardPort, loader: RomLoader, baudRate: number): Promise<void> {
  await loader.changeBaudRate(baudRate);
  await new Promise<void>((resolve, reject) => {
    port.update({ baudRate }, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
  if (await loader.sync(syncTries)) return;
  throw new BenchError('FLASH_TIMEOUT', {
    what: `The loader does not answer at ${baudRate} Bd`,
    where: port.path,
    next: 'flash at a lower baud rate, e.g. 115200',
  });
}

function refuseTooLarge(images: readonly FlashImage[], flashBytes: number): void {
  for (const { name, offset, data } of images) {
    if (offset + data.length <= flashBytes) continue;
    throw new BenchError('FLASH_TOO_SMALL', {
      what:
        `${name} (${data.length} bytes at 0x${offset.toString(16)}) does not fit into the board's flash ` +
        `of ${flashBytes / 2 ** 20} MiB`,
      next: 'set the flash size of the board in menuconfig, or make the partitions smaller',
    });
  }
}

function wrongChipError(path: string, chip: Chip, madeFor: Chip): BenchError {
  return new BenchError('FLASH_WRONG_CHIP', {
    what: `The board has an ${chip.name}, and the firmware is built for the ${madeFor.name}`,
    where: path,
    next: `choose the port of an ${madeFor.name} board, or build for this one (--target ${chip.target})`,
  });
}

function md5Error(path: string, name: string, expected: string, inFlash: string): BenchError {
  return new BenchError('FLASH_MD5_MISMATCH', {
    what: `The flash does not hold what was written as ${name}`,
    where: path,
    evidence: [`MD5 of the image: ${expected}`, `MD5 of the flash: ${inFlash}`],
    next: 'try again at a lower baud rate; if it stays, the flash chip is worn out or write-protected',
  });
}

function lostError(path: string, stage: string, reason: unknown): BenchError {
  return new BenchError('PORT_LOST', {
    what: `The serial port was lost while ${stage}`,
    where: path,
    evidence: (reason instanceof Error ? reason.message : String(reason)).split('\n'),
    next: 'check cable and power of the board, then flash again: what was written so far may be incomplete',
    cause: reason,
  });
}
