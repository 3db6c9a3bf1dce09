/** Figures about the device's log itself: how much it says, and whether numbers and instants in it run on. */
import type { DeviceAck, Sent } from '../log/device-event.ts';
import type { Measurement } from './measurement.ts';
import { neighbours } from './neighbours.ts';
import type { Observation } from './observation.ts';

const shownLines = 5;

/** Bytes of log in each second of the window, line ends included. */
export function logBytesPerSecond({ evidence: { lines }, window }: Observation): Measurement {
  const seen = lines.filter(({ hostNs }) => hostNs >= window.fromNs && hostNs <= window.toNs);
  if (seen.length === 0) return { figure: undefined, finding: 'the console said nothing in the window' };
  // A line ends with CR LF on the wire.
  const lengths = seen.map(({ text }) => new TextEncoder().encode(text).length + 2);
  const bytes = lengths.reduce((sum, length) => sum + length, 0);
  const seconds = (window.toNs - window.fromNs) / 1e9;
  const [most] = [...countKinds(seen)].sort(([, a], [, b]) => b - a);
  const [sort, count] = most ?? ['', 0];
  return {
    figure: bytes / seconds,
    sampleCount: seen.length,
    finding: `${(seen.length / seconds).toFixed(0)} lines a second, most of them (${count} of ${seen.length}) like "${sort}"`,
  };
}

/** Sends whose number doesn't follow from the one before. */
export function numberingErrors({ sends, ledger, window }: Observation): Measurement {
  const inWindow = sends.filter(({ hostNs }) => hostNs >= window.fromNs && hostNs <= window.toNs);
  const steps = neighbours(inWindow, (before, after) => ({
    before,
    after,
    missing: after.seq - before.seq - 1,
  }));
  const back = steps.filter(({ missing }) => missing < 0);
  const skipped = steps.reduce((sum, { missing }) => sum + Math.max(missing, 0), 0);
  // Where a send arrived and its line did not, the line was lost.
  const unexplained = Math.max(0, skipped - ledger.uplink.unloggedCount);
  const figure = back.length + unexplained;
  if (steps.length === 0) return { figure: undefined, finding: 'the device logged no two sends' };
  return {
    figure,
    sampleCount: steps.length,
    ...(figure > 0 && {
      finding: `${back.length} sends have a number that was there before, ${unexplained} numbers are left out`,
      evidence: steps
        .filter(({ missing }) => missing !== 0)
        .slice(0, shownLines)
        .map(({ before, after }) => `seq=${after.seq} after seq=${before.seq}`),
    }),
  };
}

/** How often an instant that the device logged is earlier than the one on the line before. */
export function clockReversals({ events }: Observation): Measurement {
  const instants = events.filter(
    (event): event is Sent | DeviceAck => event.kind === 'sent' || event.kind === 'ack',
  );
  const back = neighbours(instants, (before, after) => ({ before, after })).filter(
    ({ before, after }) => after.atUs < before.atUs,
  );
  if (instants.length < 2) return { figure: undefined, finding: 'the device logged no two instants' };
  const [first] = back;
  return {
    figure: back.length,
    sampleCount: instants.length,
    ...(first && {
      finding: `the device's clock goes back by ${((first.before.atUs - first.after.atUs) / 1e6).toFixed(1)} s, from at_us=${first.before.atUs} to at_us=${first.after.atUs}${describeWidth(first.before.atUs)}`,
      evidence: back.slice(0, shownLines).map(({ after }) => `seq=${after.seq} at_us=${after.atUs}`),
    }),
  };
}

/** Clocks that end where a word of some bits does have wrapped. */
function describeWidth(lastUs: number): string {
  const bits = [31, 32].find((width) => lastUs < 2 ** width && lastUs > 2 ** width - 1e6);
  return bits === undefined ? '' : `, as a clock of ${bits} bits does`;
}

/** Lines alike but for their numbers. */
function countKinds(lines: readonly { readonly text: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { text } of lines) {
    const kind = text.replaceAll(/0x[0-9a-f]+|\d+/gi, '#');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}
