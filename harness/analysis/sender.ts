import type { Datagram, Endpoint } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';

/** Datagrams, told apart by who sent them. Only the board's own count as evidence. */
export interface BySender {
  readonly own: readonly Datagram[];
  /** Sources of the board's own, in order of first use: a new port is a new socket. */
  readonly ownSockets: readonly Source[];
  readonly foreign: readonly Datagram[];
  readonly foreignSources: readonly Source[];
}

/** An address and port that datagrams came from. */
export interface Source extends Endpoint {
  readonly count: number;
  readonly firstNs: HostNs;
  readonly lastNs: HostNs;
}

/**
 * Tells the board's datagrams from everybody else's by the address that the board printed. Any port of that
 * address is the board's: it takes a new one with each socket.
 *
 * @param boardAddress - `undefined` while the board has none: then nothing is its own
 */
export function bySender(datagrams: readonly Datagram[], boardAddress: string | undefined): BySender {
  const own = datagrams.filter(({ from }) => from.address === boardAddress);
  const foreign = datagrams.filter(({ from }) => from.address !== boardAddress);
  return { own, ownSockets: sourcesOf(own), foreign, foreignSources: sourcesOf(foreign) };
}

/**
 * Sources that were in use while an earlier one still was. One client has one socket at a time: more of them are a
 * leaked socket, or another program behind the same address.
 */
export function overlappingSources(sources: readonly Source[]): Source[] {
  return sources.filter((source, i) =>
    sources.slice(0, i).some((earlier) => source.firstNs < earlier.lastNs),
  );
}

function sourcesOf(datagrams: readonly Datagram[]): Source[] {
  const sources = new Map<string, Source>();
  for (const { from, stamp } of datagrams) {
    const key = `${from.address}:${from.port}`;
    const known = sources.get(key);
    sources.set(key, {
      ...from,
      count: (known?.count ?? 0) + 1,
      firstNs: known?.firstNs ?? stamp.hostNs,
      lastNs: stamp.hostNs,
    });
  }
  return [...sources.values()];
}
