import { elapsedMs, hostNow } from '../../../time/clock.ts';
import type { HostNs } from '../../../time/clock.ts';
import type { TimedText } from './boot-console.ts';

/** What to say, counted from when, and what comes after. */
export interface Play {
  readonly texts: readonly TimedText[];
  readonly fromNs: HostNs;
  readonly send: (bytes: Buffer) => void;
  /** When `then` runs, in µs from `fromNs`; not before the last text. */
  readonly endUs: number;
  readonly then: () => void;
}

/**
 * Says each text when its last bit would have left the chip. The deadlines are absolute: a late timer delays one line
 * and not those after it.
 *
 * @returns how to stop it.
 */
export function playTexts({ texts, fromNs, send, endUs, then }: Play): () => void {
  let next = 0;
  let timer: NodeJS.Timeout;
  const proceed = (): void => {
    const nowUs = elapsedMs(fromNs) * 1000;
    for (let text = texts[next]; text !== undefined && text.sentUs <= nowUs; text = texts[++next]) {
      send(Buffer.from(text.text, 'latin1'));
    }
    const dueUs = texts[next]?.sentUs ?? endUs;
    if (next === texts.length && dueUs <= nowUs) then();
    else timer = setTimeout(proceed, (dueUs - nowUs) / 1000);
  };
  timer = setTimeout(
    proceed,
    Math.max(0, ((texts[0]?.sentUs ?? endUs) - elapsedMs(fromNs, hostNow()) * 1000) / 1000),
  );
  return () => clearTimeout(timer);
}
