import { comPortCommand, comPortControl } from './com-port.ts';
import type { ComPortRequests } from './com-port-requests.ts';

type Line = 'brk' | 'dtr' | 'rts';

/** What shall become of lines; those that are not named stay as they are. */
export type LineChange = Partial<Record<Line, boolean | undefined>>;

/** The values of SET-CONTROL that switch a line. */
const controls: readonly { readonly line: Line; readonly on: number; readonly off: number }[] = [
  { line: 'brk', on: comPortControl.BREAK_ON, off: comPortControl.BREAK_OFF },
  { line: 'dtr', on: comPortControl.DTR_ON, off: comPortControl.DTR_OFF },
  { line: 'rts', on: comPortControl.RTS_ON, off: comPortControl.RTS_OFF },
];

/** The outputs of a port behind a server: what is known of them, and how to change them. */
export class RemoteLines {
  readonly #requests: ComPortRequests;
  readonly #onUnconfirmed: () => void;
  /** Break is off until somebody turns it on; of DTR and RTS nothing is known but what the server tells. */
  readonly #known: LineChange = { brk: false };
  #areConfirmed = true;

  /** @param onUnconfirmed called once, when the server turns out not to confirm changes. */
  constructor(requests: ComPortRequests, onUnconfirmed: () => void) {
    this.#requests = requests;
    this.#onUnconfirmed = onUnconfirmed;
  }

  /** Asks how DTR and RTS stand. Few servers answer, so nobody waits; what they say comes by {@link told}. */
  async ask(): Promise<void> {
    await this.#requests.tell(comPortCommand.SET_CONTROL, [comPortControl.ASK_DTR]);
    await this.#requests.tell(comPortCommand.SET_CONTROL, [comPortControl.ASK_RTS]);
  }

  /** The server has told a state or confirmed one. */
  told(value: number | undefined): void {
    for (const { line, on, off } of controls) {
      if (value === on || value === off) this.#known[line] = value === on;
    }
  }

  /**
   * Sets lines that are known to stand otherwise, and leaves alone those that the server doesn't tell: for
   * esp_rfc2217_server each change is an order to reset the board.
   */
  async settle({ dtr, rts }: LineChange): Promise<void> {
    await this.set({
      dtr: this.#known.dtr === undefined ? undefined : dtr,
      rts: this.#known.rts === undefined ? undefined : rts,
    });
  }

  /**
   * Changes lines, one after the other, as the protocol wants it. Both off: RTS first. Anything else: DTR first.
   * So no step on the way is "DTR off, RTS on", which would hold the board in reset; and a board that is in reset is
   * let out into its loader, not into its app.
   */
  async set(change: LineChange): Promise<void> {
    const areBothOff = change.dtr === false && change.rts === false;
    const order = areBothOff ? controls.toReversed() : controls;
    for (const { line, on, off } of order) {
      const isOn = change[line];
      if (isOn !== undefined && isOn !== this.#known[line])
        await this.#switch(line, isOn ? on : off, [on, off]);
    }
  }

  async #switch(line: Line, value: number, words: readonly number[]): Promise<void> {
    const [on] = words;
    if (this.#areConfirmed) {
      // ser2net confirms the end of a break as its beginning: any word about the line will do.
      const isAboutLine = ([first]: Buffer): boolean => first !== undefined && words.includes(first);
      const answer = await this.#requests.ask(comPortCommand.SET_CONTROL, [value], isAboutLine);
      if (answer === undefined) {
        this.#areConfirmed = false;
        this.#onUnconfirmed();
      }
    } else {
      await this.#requests.tell(comPortCommand.SET_CONTROL, [value]);
    }
    this.#known[line] = value === on;
  }
}
