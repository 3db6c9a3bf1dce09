/**
 * Figures for a firmware that logs what it does without numbers and times: what it says is held against what the network
 * saw by when its lines came.
 */
import { isAnswer, isSend } from '../log/device-event.ts';
import type { HostNs } from '../time/clock.ts';
import { matchInOrder } from './match-in-order.ts';
import type { Measurement } from './measurement.ts';
import type { Observation } from './observation.ts';

/** One side's account of a thing that both should have seen. */
interface Entry {
  readonly hostNs: HostNs;
  readonly words: string;
}

/** Sends that only one of the two witnesses knows of. */
export function sendsUnlikeArrivals(observation: Observation): Measurement {
  return differences(observation, {
    logged: observation.events.filter(isSend).map(({ hostNs }) => ({ hostNs, words: 'logged send' })),
    seen: ownDatagrams(observation).map(({ index, stamp }) => ({
      hostNs: stamp.hostNs,
      words: `datagram ${index}`,
    })),
    nouns: { logged: 'sends that nobody saw', seen: 'datagrams that it did not log' },
  });
}

/** Answers that only one of the two witnesses knows of. */
export function answersUnlikeAcks(observation: Observation): Measurement {
  const indices = new Set(ownDatagrams(observation).map(({ index }) => index));
  return differences(observation, {
    logged: observation.events.filter(isAnswer).map(({ hostNs }) => ({ hostNs, words: 'logged answer' })),
    seen: observation.evidence.acks.flatMap(({ datagram, hostNs }) =>
      hostNs === undefined || !indices.has(datagram)
        ? []
        : [{ hostNs, words: `answer to datagram ${datagram}` }],
    ),
    nouns: { logged: 'answers that were never sent', seen: 'answers that it did not log' },
  });
}

interface Accounts {
  readonly logged: readonly Entry[];
  readonly seen: readonly Entry[];
  /** What an entry is called that only this side has. */
  readonly nouns: { readonly logged: string; readonly seen: string };
}

/** A line lags what it tells by the UART, and a busy host may stamp either late: by less than half a period, or it counts as another. */
function differences(observation: Observation, { logged, seen, nouns }: Accounts): Measurement {
  const { window, evidence } = observation;
  const { nominalPeriodMs: periodMs } = evidence;
  const toleranceMs = periodMs / 2;
  const sinceMs = ({ hostNs }: Entry) => (hostNs - window.fromNs) / 1e6;
  const { pairs, unmatchedSent, unmatchedReceived } = matchInOrder(seen.map(sinceMs), logged.map(sinceMs), {
    periodMs,
    maxDelayMs: toleranceMs,
    earlyMs: toleranceMs,
  });
  /** What has no counterpart at the very end of what was recorded may have it beyond. */
  const counts = ({ hostNs }: Entry) =>
    hostNs >= window.fromNs && hostNs <= window.toNs && hostNs <= window.span.toNs - toleranceMs * 1e6;
  const pick = (entries: readonly Entry[], at: readonly number[]) =>
    at.flatMap((index) => entries[index] ?? []).filter(counts);
  const onlySeen = pick(seen, unmatchedSent);
  const onlyLogged = pick(logged, unmatchedReceived);
  const wrong = [...onlySeen, ...onlyLogged].sort((a, b) => a.hostNs - b.hostNs);
  return {
    figure: pairs.length + wrong.length === 0 ? undefined : wrong.length,
    sampleCount: pairs.length,
    finding:
      pairs.length + wrong.length === 0
        ? 'neither the log nor the network shows any'
        : `the device has ${onlyLogged.length} ${nouns.logged}, the network ${onlySeen.length} ${nouns.seen}`,
    evidence: wrong.slice(0, 5).map((entry) => `${entry.words} at ${sinceMs(entry).toFixed(0)} ms`),
  };
}

function ownDatagrams({ evidence: { datagrams, boardAddress } }: Observation) {
  return datagrams.filter(({ from }) => from.address === boardAddress);
}
