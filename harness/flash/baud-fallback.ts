import { BenchError } from '../errors.ts';
import type { FlashOutcome } from './flasher.ts';

/** The rate that every cable and bridge can do; loaders are found at it. */
export const safeBaudRate = 115_200;

/** Failures that a slower transfer may mend. */
const codes = ['FLASH_TIMEOUT', 'FLASH_REFUSED', 'FLASH_MD5_MISMATCH'];

/** Flashes at `baudRate`, and once more at 115200 Bd when that failed as a bad cable or an overrun bridge makes it fail. */
export async function withBaudFallback(
  baudRate: number,
  flash: (baudRate: number) => Promise<FlashOutcome>,
): Promise<FlashOutcome> {
  try {
    return await flash(baudRate);
  } catch (error) {
    const mayHelp = error instanceof BenchError && codes.includes(error.code) && baudRate > safeBaudRate;
    if (!mayHelp) throw error;
    const { skipped, summary } = await flash(safeBaudRate);
    return {
      skipped,
      summary: `${summary}; at ${safeBaudRate} Bd, because ${baudRate} Bd failed (${error.code})`,
    };
  }
}
