import { stripColours } from '../log/log-line.ts';
import { printable } from '../printable.ts';
import type { Heard } from '../bench/run-view.ts';

/** So many things before and after a moment. */
const shownBefore = 4;
const shownAfter = 3;

/** Console lines and datagrams around a moment, oldest first, each with its time from it: `-0.100 s  datagram 16 …`. */
export function linesAround({ lines, datagrams }: Heard, atNs: number): string[] {
  const heard = [
    ...near(lines, ({ hostNs }) => hostNs, atNs).map(({ hostNs, text }) => ({
      hostNs,
      text: `console   ${stripColours(text)}`,
    })),
    ...near(datagrams, ({ stamp }) => stamp.hostNs, atNs).map(({ stamp, index, from, payloadHex }) => ({
      hostNs: stamp.hostNs,
      text: `datagram  #${index} from ${from.address}:${from.port} "${printable(Buffer.from(payloadHex, 'hex'))}"`,
    })),
  ].sort((a, b) => a.hostNs - b.hostNs);
  return near(heard, ({ hostNs }) => hostNs, atNs).map(({ hostNs, text }) => {
    const offS = (hostNs - atNs) / 1e9;
    return `${offS < 0 ? '-' : '+'}${Math.abs(offS).toFixed(3)} s  ${text}`;
  });
}

/** The few that are nearest to a moment, of a list in the order of time. */
function near<T>(items: readonly T[], read: (item: T) => number, atNs: number): readonly T[] {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && read(item) < atNs) low = middle + 1;
    else high = middle;
  }
  return items.slice(Math.max(0, low - shownBefore), low + shownAfter + 1);
}
