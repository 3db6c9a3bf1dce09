/** Figures for a firmware that is a server: what became of the datagrams that it was sent. */
import { isAnswer } from '../log/device-event.ts';
import type { Datagram, Probe } from '../record/events.ts';
import type { Measurement } from './measurement.ts';
import type { Observation } from './observation.ts';
import { median, quantile } from './statistics.ts';

/** How many lines of evidence a finding shows at most. */
const shownLines = 5;

/** A probe and the first datagram that brought its payload back. */
interface Echo {
  readonly probe: Probe;
  readonly datagram: Datagram;
}

/** Datagrams that were sent to the board and did not come back, byte for byte. */
export function unechoedProbes(observation: Observation): Measurement {
  const { probes, echoes, refused } = match(observation);
  if (refused !== undefined) return refused;
  const echoed = new Set(echoes.map(({ probe }) => probe.index));
  const lost = probes.filter(({ index }) => !echoed.has(index));
  return counted(lost.length, probes.length, {
    finding: `${lost.length} of ${probes.length} datagrams did not come back`,
    evidence: lost.map(describe),
  });
}

/** Datagrams from the board that are no echo, or one that has come before. */
export function datagramsBeyondEchoes(observation: Observation): Measurement {
  const { probes, echoes } = match(observation);
  const echo = new Set(echoes.map(({ datagram }) => datagram.index));
  const beyond = observation.arrivals.filter(({ index }) => !echo.has(index));
  return counted(beyond.length, probes.length, {
    finding: `${beyond.length} datagrams from the board are no echo, or a second one`,
    evidence: beyond.map(({ index, length }) => `datagram ${index} of ${length} bytes`),
  });
}

/** Median time from sending a datagram to its echo, both on the host's clock. @see RFC 2681 */
export function medianEchoMs(observation: Observation): Measurement {
  const { echoes } = match(observation);
  const rttsMs = echoes.map(({ probe, datagram }) => (datagram.stamp.hostNs - probe.hostNs) / 1e6);
  const p99Ms = quantile(rttsMs, 0.99);
  return {
    figure: median(rttsMs),
    sampleCount: rttsMs.length,
    finding:
      rttsMs.length === 0 ? 'nothing came back' : `p99 ${p99Ms?.toFixed(2) ?? '–'} ms of ${rttsMs.length}`,
  };
}

/** Datagrams that the board was sent and did not log with their length, in their order. */
export function unloggedProbes(observation: Observation): Measurement {
  const { probes } = match(observation);
  const lengths = observation.events
    .filter(isAnswer)
    .map((event) => (event.kind === 'message-received' ? event.length : undefined));
  let at = 0;
  const unlogged = probes.filter(({ length }) => {
    const found = lengths.indexOf(length, at);
    if (found !== -1) at = found + 1;
    return found === -1;
  });
  return counted(unlogged.length, probes.length, {
    finding: `${unlogged.length} of ${probes.length} datagrams are not in the device's log with their length`,
    evidence: unlogged.map(describe),
  });
}

interface Matched {
  /** What left this host in the window. */
  readonly probes: readonly Probe[];
  readonly echoes: readonly Echo[];
  /** Set when this host could not send. */
  readonly refused?: Measurement;
}

/** Every payload is sent once, so it tells whose echo a datagram is. */
function match({ evidence, arrivals, window }: Observation): Matched {
  const all = (evidence.probes ?? []).filter(
    ({ hostNs }) => hostNs >= window.fromNs && hostNs <= window.toNs,
  );
  const failed = all.find(({ error }) => error !== undefined);
  const probes = all.filter(({ error }) => error === undefined);
  const echoes = probes.flatMap((probe) => {
    const datagram = arrivals.find(({ payloadHex }) => payloadHex === probe.payloadHex);
    return datagram === undefined ? [] : [{ probe, datagram }];
  });
  const refused: Measurement = {
    figure: undefined,
    finding: `this host could not send: ${failed?.error ?? ''}`,
  };
  return { probes, echoes, ...(failed && { refused }) };
}

function counted(
  figure: number,
  sampleCount: number,
  { finding, evidence }: { readonly finding: string; readonly evidence: readonly string[] },
): Measurement {
  if (sampleCount === 0) return { figure: undefined, sampleCount, finding: 'nothing was sent to the board' };
  return { figure, sampleCount, ...(figure > 0 && { finding, evidence: evidence.slice(0, shownLines) }) };
}

function describe({ index, length, to }: Probe): string {
  return `probe ${index} of ${length} bytes to ${to.address}:${to.port}`;
}
