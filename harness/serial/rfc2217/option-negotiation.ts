import { encodeOption, type OptionVerb } from './telnet.ts';

/** Options by who performs them: `ours` with our WILL and the peer's DO, `theirs` with its WILL and our DO. */
export interface TelnetOptions {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** `asked`: we offered or requested it and wait for the answer. */
type OptionState = 'off' | 'asked' | 'on' | 'refused';

/**
 * What two Telnet peers agree upon: a state per option and direction. A word of the peer is answered only when
 * it changes a state and is not itself an answer, so that two peers can't talk in circles.
 *
 * @see RFC 854, "the symmetry of the negotiation syntax", and RFC 1143
 */
export class OptionNegotiation {
  readonly #accepted: TelnetOptions;
  readonly #ours = new Map<number, OptionState>();
  readonly #theirs = new Map<number, OptionState>();

  /** @param accepted what we agree to when the peer speaks of it; everything else is refused, once. */
  constructor(accepted: TelnetOptions) {
    this.#accepted = accepted;
  }

  /** The bytes that offer `ours` and request `theirs`, all at once. */
  offer({ ours, theirs }: TelnetOptions): Buffer {
    const words = [];
    for (const option of ours) {
      this.#ours.set(option, 'asked');
      words.push(encodeOption('WILL', option));
    }
    for (const option of theirs) {
      this.#theirs.set(option, 'asked');
      words.push(encodeOption('DO', option));
    }
    return Buffer.concat(words);
  }

  /** Takes in one word of the peer; returns the bytes to answer with, if any. */
  receive(verb: OptionVerb, option: number): Buffer | undefined {
    switch (verb) {
      case 'DO':
        return this.#requested(this.#ours, this.#accepted.ours, option, 'WILL', 'WONT');
      case 'WILL':
        return this.#requested(this.#theirs, this.#accepted.theirs, option, 'DO', 'DONT');
      case 'DONT':
        return this.#declined(this.#ours, option, 'WONT');
      case 'WONT':
        return this.#declined(this.#theirs, option, 'DONT');
    }
  }

  /** Whether we perform `option`: we offered it and the peer said DO. */
  isOurs(option: number): boolean {
    return this.#ours.get(option) === 'on';
  }

  /** Whether the peer performs `option`. */
  isTheirs(option: number): boolean {
    return this.#theirs.get(option) === 'on';
  }

  #requested(
    states: Map<number, OptionState>,
    wanted: readonly number[],
    option: number,
    yes: OptionVerb,
    no: OptionVerb,
  ): Buffer | undefined {
    const state = states.get(option) ?? 'off';
    if (!wanted.includes(option)) {
      states.set(option, 'refused');
      return state === 'refused' ? undefined : encodeOption(no, option);
    }
    states.set(option, 'on');
    return state === 'off' || state === 'refused' ? encodeOption(yes, option) : undefined;
  }

  #declined(states: Map<number, OptionState>, option: number, agree: OptionVerb): Buffer | undefined {
    const state = states.get(option) ?? 'off';
    states.set(option, 'off');
    return state === 'on' ? encodeOption(agree, option) : undefined;
  }
}
