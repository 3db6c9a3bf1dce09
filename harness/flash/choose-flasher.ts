import type { EspIdf } from '../build/idf/find-idf.ts';
import { BenchError, UsageError } from '../errors.ts';
import { parsePortAddress } from '../serial/port-address.ts';
import { chips } from './chips.ts';
import { flashByOurselves } from './embedded.ts';
import { flashByEsptool } from './esptool-flasher.ts';
import { findEsptool } from './find-esptool.ts';
import type { Flasher } from './flasher.ts';
import type { FlasherChoice } from './flasher-choice.ts';
import { flashByIdf } from './idf-flasher.ts';

/** What there is to flash, and over what. */
export interface FlashJob {
  readonly choice: FlasherChoice;
  /** `esp32`, `esp32c3`, … */
  readonly target: string;
  /** Path or URL of the board's serial port. */
  readonly path: string;
  /** Where and by what it was built here; absent: it was built elsewhere. */
  readonly builtHere?: { readonly idf: EspIdf; readonly firmwareDir: string } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The flasher for a job. `auto`: the harness's own where it serves and esptool is slow (a chip behind RFC 2217 that it knows), else `idf.py flash` for
 * what was built here and esptool for what was not, else, without Python, the harness's own again.
 *
 * @throws UsageError `WRONG_FLASHER` when the one asked for can't do it; BenchError `FLASHER_MISSING` when there is none that can.
 */
export async function chooseFlasher(job: FlashJob): Promise<Flasher> {
  const { choice, target, path, builtHere, signal } = job;
  const serves = chips.some((chip) => chip.target === target);
  const isSlowForEsptool = parsePortAddress(path).kind === 'rfc2217';
  if (choice === 'embedded' || (choice === 'auto' && serves && isSlowForEsptool)) {
    if (serves) return flashByOurselves;
    throw wrongFlasher(
      `The harness's own flasher knows ${chips.map(({ name }) => name).join(' and ')} only, and the build is for ${target}`,
    );
  }
  if (choice === 'idf.py' && builtHere === undefined) {
    throw wrongFlasher('idf.py flashes what it has built, and this build was made elsewhere');
  }
  const esptool = await findEsptool({ idfEnv: builtHere?.idf.env, signal });
  if (esptool !== undefined) {
    const byIdf = builtHere !== undefined && choice !== 'esptool';
    return byIdf ? flashByIdf({ ...builtHere, esptool }) : flashByEsptool(esptool);
  }
  if (choice === 'auto' && serves) return flashByOurselves;
  throw new BenchError('FLASHER_MISSING', {
    what: `There is no esptool to flash an ${target} with`,
    next: 'install it (`pip install esptool`) or export ESP-IDF; HIL_ESPTOOL may name its path',
  });
}

function wrongFlasher(what: string): UsageError {
  return new UsageError('WRONG_FLASHER', { what, next: 'choose another --flasher, or leave it out' });
}
