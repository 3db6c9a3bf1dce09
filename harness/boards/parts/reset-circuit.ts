/** DTR and RTS as the host drives them; true = asserted. */
export interface ControlLines {
  readonly dtr: boolean;
  readonly rts: boolean;
}

/** What the circuit does to the chip: `hold` EN low, or let it rise with IO0 high (`run`) or low (`download`). */
export type ResetAction = 'hold' | 'run' | 'download';

/**
 * The two transistors between a DevKit's USB bridge and the chip: EN is low while RTS is asserted and DTR is not,
 * IO0 is low while DTR is asserted and RTS is not.
 *
 * On hardware a capacitor delays EN's rise, so IO0 is sampled a little after the lines have changed. Links that change
 * one line at a time (RFC 2217) pass through a state that would boot the application, were it not for that delay. Hence
 * the rule: EN's low ends with DTR asserted → download mode, else → run.
 */
export class ResetCircuit {
  #lines: ControlLines = { dtr: false, rts: false };

  get lines(): ControlLines {
    return this.#lines;
  }

  /** Sets the lines that are named; `undefined` when nothing happens to the chip. */
  set(change: Partial<ControlLines>): ResetAction | undefined {
    const wasLow = enIsLow(this.#lines);
    this.#lines = { ...this.#lines, ...change };
    const isLow = enIsLow(this.#lines);
    if (wasLow === isLow) return undefined;
    if (isLow) return 'hold';
    return this.#lines.dtr ? 'download' : 'run';
  }
}

function enIsLow({ dtr, rts }: ControlLines): boolean {
  return rts && !dtr;
}
