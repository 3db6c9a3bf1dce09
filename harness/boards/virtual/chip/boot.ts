import type { TimedText } from './boot-console.ts';
import type { ResetCause } from './reset-cause.ts';

/** What a boot says and how it ends. It depends on the flash and the cause of the reset alone. */
export interface Boot {
  readonly texts: readonly TimedText[];
  readonly end: BootEnd;
  /** When it ends, in µs since the reset. */
  readonly endUs: number;
}

/** The application's program runs, the chip resets itself, or nothing happens any more. */
export type BootEnd =
  | { readonly kind: 'run'; readonly program: Uint8Array }
  | { readonly kind: 'reset'; readonly cause: ResetCause }
  | { readonly kind: 'halt' };
