/**
 * The figures that claims are made of: from an observation to a number with its finding and its evidence. Each returns no
 * figure when there is nothing that it could be measured on.
 */
import { clientTag } from '../log/client-lines.ts';
import { isAnswer, type DeviceAck } from '../log/device-event.ts';
import { findMistaggedLines } from '../log/mistagged-lines.ts';
import type { Datagram, Disturbance, Impairment } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import { describeDisorder, describeMissing, describePeriod } from './describe-cadence.ts';
import { describeComplaints } from './device-complaint.ts';
import { heldUpMs, periodsHeldUp } from './host-lateness.ts';
import type { Measurement } from './measurement.ts';
import type { Observation } from './observation.ts';
import { describePayloadDifference } from './payload.ts';
import { payloadNumber } from './payload-number.ts';
import { findRecovery } from './recovery.ts';
import { median } from './statistics.ts';

/** How many lines of evidence a finding shows at most. */
const shownLines = 5;

export function bootCount(...observations: readonly Observation[]): Measurement {
  const boots = observations.flatMap(({ starts }) => starts);
  return {
    figure: boots.length,
    finding: boots.length === 0 ? 'the console told of no boot' : `the board booted ${boots.length} times`,
    evidence: boots.map((start) =>
      start.kind === 'rom-boot'
        ? `boot after ${start.resetReasonName}, ${start.bootMode}`
        : 'start of the process',
    ),
  };
}

/** Is the image running the one that was flashed? By the ELF SHA-256 that the boot log begins to show. */
export function runningImage({ boots, evidence: { firmware, lines } }: Observation): Measurement {
  const prefix = boots.at(-1)?.identity.elfSha256Prefix;
  if (prefix === undefined || firmware.elfSha256 === undefined) {
    return { figure: undefined, finding: 'the boot log shows no ELF SHA-256' };
  }
  if (firmware.elfSha256.startsWith(prefix)) return { figure: 'the flashed one' };
  // Which partition it chose: that of an OTA update, maybe.
  const [loaded] = lines
    .flatMap(({ text }) => /Loaded app from partition at offset \S+/.exec(text) ?? [])
    .slice(-1);
  return {
    figure: 'another image',
    finding: `the boot log says ELF SHA-256 ${prefix}…, flashed was ${firmware.elfSha256.slice(0, prefix.length)}…${loaded === undefined ? '' : `; the bootloader says "${loaded}"`}`,
  };
}

/** Datagrams whose payload is not `text`, byte for byte; of a firmware that numbers them, `text` and a number. */
export function payloadsOtherThan(text: string, observation: Observation): Measurement {
  const { arrivals } = observation;
  const promisedHex = (datagram: Datagram) =>
    hexOf(observation.evidence.numbered ? `${text} #${payloadNumber(datagram) ?? 'number'}` : text);
  const wrong = arrivals.flatMap((datagram) => {
    const difference = describePayloadDifference(datagram, promisedHex(datagram));
    return difference === undefined ? [] : [{ datagram, difference }];
  });
  return counted(wrong.length, arrivals.length, observation, {
    finding: `${wrong.length} of ${arrivals.length} payloads are wrong: ${wrong[0]?.difference ?? ''}`,
    evidence: wrong.map(({ datagram, difference }) => `${nameDatagram(datagram)}: ${difference}`),
    moments: wrong.map(({ datagram }) => datagram.stamp.hostNs),
  });
}

/** Sends whose payload dump is missing in the device's log, or doesn't show what arrived. */
export function dumpsUnlikeArrivals(observation: Observation): Measurement {
  const { sends, dumps, arrivals } = observation;
  const arrived = new Set(arrivals.map(({ payloadHex }) => payloadHex));
  // Unnumbered, one that is lost has the same bytes as the others.
  const lost = new Set(
    observation.evidence.numbered ? observation.ledger.uplink.lost.map(({ seq }) => seq) : [],
  );
  const inWindow = sends.filter(
    ({ hostNs }) => hostNs >= observation.window.fromNs && hostNs <= observation.window.toNs,
  );
  // The dump stands right before the line that counts the send.
  const wrong = inWindow.filter((send, at) => {
    const sinceNs = inWindow[at - 1]?.hostNs ?? observation.window.span.fromNs;
    const dump = dumps.findLast(({ hostNs }) => hostNs <= send.hostNs && hostNs >= sinceNs);
    return dump === undefined || !(arrived.has(dump.bytesHex) || lost.has(send.seq));
  });
  return countedInLog(wrong.length, inWindow.length, observation, {
    finding: `${wrong.length} of ${inWindow.length} sends have no dump of the bytes that arrived`,
    evidence: wrong.map(({ seq }) => `sent seq=${seq}`),
    moments: wrong.map(({ hostNs }) => hostNs),
  });
}

export function meanPeriodMs(observation: Observation): Measurement {
  const { meanMs, sampleCount, nominalMs, tickError } = observation.cadence;
  return {
    ...(meanMs !== undefined && { finding: tickError?.description ?? describePeriod(meanMs, nominalMs) }),
    ...measured(meanMs, observation),
    ...movedByStalls(observation, meanMs, observation.cadenceGivenBack.meanMs),
    sampleCount,
  };
}

/** The sender's period against the promised one, freed from the delays on the way. */
export function periodErrorPpm(observation: Observation): Measurement {
  const { sampleCount, nominalMs, phaseSteps } = observation.cadence;
  // Steps that are the host's alone hide no period.
  const { floorPeriod = observation.cadenceGivenBack.floorPeriod } = observation.cadence;
  if (floorPeriod === undefined && phaseSteps.length > 0) {
    if (observation.hasLostTicks) return { ...phaseStepMs(observation), figure: undefined };
    return { ...phaseStepMs(observation), figure: 'no single period' };
  }
  return {
    ...measured(floorPeriod?.errorPpm, observation),
    ...movedByStalls(observation, floorPeriod?.errorPpm, observation.cadenceGivenBack.floorPeriod?.errorPpm),
    sampleCount,
    ...(floorPeriod && { finding: describePeriod(floorPeriod.periodMs, nominalMs) }),
  };
}

/** Median absolute deviation of the intervals between datagrams. */
export function intervalSpreadMs(observation: Observation): Measurement {
  const { madMs, sampleCount, deviationP99Ms, deviationMaxMs } = observation.cadence;
  const finding = `half of the intervals are off the median by ${format(madMs)} ms or more; the worst are off the mean by ${format(deviationP99Ms)} ms (p99) and ${format(deviationMaxMs)} ms`;
  // Half of the intervals are off by that much: the host must have been late most of the time.
  return {
    sampleCount,
    finding,
    ...lateBy('usualMs', observation, madMs, observation.cadenceGivenBack.madMs),
    ...measured(madMs, observation),
  };
}

/** How far all but the worst twentieth of the intervals are off the mean. */
export function latenessMs(observation: Observation): Measurement {
  const { deviationP95Ms, deviationMaxMs, late, sampleCount } = observation.cadence;
  return {
    sampleCount,
    finding: `a twentieth of the intervals is off by ${format(deviationP95Ms)} ms or more, the worst by ${format(deviationMaxMs)} ms${describeDisorder(observation.cadence)}`,
    evidence: late
      .slice(0, shownLines)
      .map(({ atMs, lateMs }) => `${format(lateMs)} ms late at ${format(atMs)} ms`),
    momentsNs: late.slice(0, shownLines).flatMap(({ index }) => arrivalNs(observation, index)),
    ...lateBy('p99InWorstSecondMs', observation, deviationP95Ms, observation.cadenceGivenBack.deviationP95Ms),
    ...measured(deviationP95Ms, observation),
  };
}

/** The largest lasting change of phase: a tick lost or doubled. */
export function phaseStepMs(observation: Observation): Measurement {
  const { phaseStepMaxMs, phaseSteps, sampleCount } = observation.cadence;
  return {
    sampleCount,
    finding: `the schedule is off for good by ${format(phaseSteps[0]?.stepMs)} ms from datagram ${phaseSteps[0]?.index ?? 0} on`,
    evidence: phaseSteps
      .slice(0, shownLines)
      .map(({ atMs, stepMs }) => `at ${format(atMs)} ms: ${format(stepMs)} ms`),
    momentsNs: phaseSteps.slice(0, shownLines).flatMap(({ index }) => arrivalNs(observation, index)),
    // It stands on medians of nine: the host must have been late at most of them.
    ...lateBy(
      'usualInWorstSecondMs',
      observation,
      phaseStepMaxMs,
      observation.cadenceGivenBack.phaseStepMaxMs,
    ),
    ...measured(phaseStepMaxMs, observation),
  };
}

/** Periods without a datagram, long silences at the ends of the window included. */
export function missingSends(observation: Observation): Measurement {
  const { gaps, sampleCount } = observation.cadence;
  const missing = gaps.reduce((sum, gap) => sum + gap.missing, 0);
  return {
    ...counted(missing, sampleCount, observation, {
      finding: `${count(missing, 'send')} missing${describeMissing(observation.cadence)}${complaintsIn(observation)}`,
      evidence: gaps.map((gap) => `${gap.missing} missing from ${format(gap.atMs)} ms on`),
      moments: gaps.flatMap(({ index }) => (index === undefined ? [] : arrivalNs(observation, index))),
    }),
    ...leftOutByHost(observation),
  };
}

/** Datagrams beyond the schedule: more of them than periods. */
export function extraSends(observation: Observation): Measurement {
  const { extraCount, sampleCount, bursts } = observation.cadence;
  return {
    ...counted(extraCount, sampleCount, observation, {
      finding: `${extraCount} datagrams are more than the schedule asks for${describeDisorder(observation.cadence)}`,
      evidence: bursts.map(
        ({ atMs, count }) => `${count} datagrams together, ${format(atMs)} ms into the window`,
      ),
      moments: bursts.flatMap(({ index }) => arrivalNs(observation, index)),
    }),
    // One that is late by half a period or more comes in the next one's.
    ...leftOutByHost(observation),
  };
}

/** Datagrams whose ack the device didn't log. */
export function unloggedAcks(observation: Observation): Measurement {
  const { failedAcks, arrivals, ledger } = observation;
  const [failed] = failedAcks;
  if (failed) {
    return {
      figure: undefined,
      finding: `the server could not answer ${count(failedAcks.length, 'datagram')}: ${failed.error ?? 'no reason given'}`,
    };
  }
  const { lost } = ledger.downlink;
  const atAll =
    observation.deviceAcks.length === 0 ? `: it shows no ack at all${describeMistagged(observation)}` : '';
  return countedInLog(lost.length, arrivals.length, observation, {
    finding: `${lost.length} acks were sent and are not in the device's log${atAll}`,
    evidence: lost.map(({ datagram }) => `ack to datagram ${datagram}`),
    moments: lost.flatMap(({ hostNs }) => hostNs ?? []),
  });
}

/** What the two witnesses say against each other: reports without traffic, traffic without reports. */
export function contradictions(observation: Observation): Measurement {
  const { uplink, downlink } = observation.ledger;
  const isSilent = observation.sends.length === 0 && observation.deviceAcks.length === 0;
  const told = [
    ...uplink.lost.map(({ seq }) => `the device logged send ${seq}; the network never saw it`),
    ...uplink.unreported.map((datagram) => `${nameDatagram(datagram)} arrived; the device never logged it`),
    ...uplink.duplicates.map(
      (datagram) => `${nameDatagram(datagram)} arrived twice; the device logged one send`,
    ),
    ...downlink.duplicates.map(
      ({ seq }) => `the device logged an ack at send ${seq} twice; the server sent one`,
    ),
    ...downlink.unsent.map(({ seq }) => `the device logged an ack at send ${seq}; the server never sent it`),
  ];
  return countedInLog(told.length, told.length + uplink.matchedCount + downlink.matchedCount, observation, {
    finding: `${told.length} contradictions between device log and network: ${told[0] ?? ''}${isSilent ? describeMistagged(observation) : ''}`,
    evidence: told,
    moments: [
      ...uplink.lost.map(({ hostNs }) => hostNs),
      ...[...uplink.unreported, ...uplink.duplicates].map(({ stamp }) => stamp.hostNs),
      ...downlink.unsent.map(({ hostNs }) => hostNs),
    ],
  });
}

/** Sends at either end that their clocks are compared by: as many as a busy host does not hold up all at once. */
const endSends = 9;

/** How fast the device's clock runs against the host's: by the same sends on both, at the window's begin and at its end. */
export function clockDisagreementPpm(observation: Observation): Measurement {
  const { certain } = observation.ledger.uplink;
  const passages = certain.map(({ sent, datagram }) => ({
    sentMs: sent.atUs / 1e3,
    behindMs: datagram.stamp.hostNs / 1e6 - sent.atUs / 1e3,
  }));
  const usual = (at: typeof passages) => ({
    sentMs: median(at.map(({ sentMs }) => sentMs)) ?? NaN,
    behindMs: median(at.map(({ behindMs }) => behindMs)) ?? NaN,
  });
  const sampleCount = passages.length;
  if (sampleCount < 2 * endSends) {
    return { figure: undefined, sampleCount, finding: `${sampleCount} sends were both logged and seen` };
  }
  const [first, last] = [usual(passages.slice(0, endSends)), usual(passages.slice(-endSends))];
  const deviceMs = last.sentMs - first.sentMs;
  const hostMs = deviceMs + last.behindMs - first.behindMs;
  return {
    figure: (deviceMs / hostMs - 1) * 1e6,
    sampleCount,
    finding: `between the same two sends, ${format(deviceMs)} ms passed for the device and ${format(hostMs)} ms for the network`,
  };
}

/** Acks that the device logged though the server sent none. */
export function acksFromNowhere(observation: Observation): Measurement {
  const { unsent, matchedCount } = observation.ledger.downlink;
  return counted(unsent.length, matchedCount, observation, {
    finding: `the device logged ${unsent.length} acks that the server never sent`,
    evidence: unsent.map(({ seq, atUs, rttUs }) => `ack seq=${seq} at_us=${atUs} rtt_us=${rttUs}`),
    moments: unsent.map(({ hostNs }) => hostNs),
  });
}

/**
 * Datagrams and acks that were lost on the way, as the two witnesses' accounts tell: `7 up, 5 down`. A damaged answer is no
 * ack. What the bench itself lost stands in the finding.
 */
export function lossesFound(observation: Observation): Measurement {
  const { ledger, impairments, arrivals } = observation;
  const count = (direction: Impairment['direction'], effects: readonly Impairment['effect'][]) =>
    impairments.filter((event) => event.direction === direction && effects.includes(event.effect)).length;
  const up = ledger.uplink.lost;
  const down = ledger.downlink.lost;
  const lost = new Set(
    impairments.flatMap(({ direction, datagram }) => (direction === 'downlink' ? [datagram] : [])),
  );
  return {
    figure: arrivals.length === 0 ? undefined : `${up.length} up, ${down.length} down`,
    sampleCount: ledger.uplink.sentCount,
    finding: `the bench lost ${count('uplink', ['drop'])} datagrams and ${count('downlink', ['drop', 'corrupt'])} answers on purpose; device log and network miss ${up.length} and ${down.length}`,
    evidence: [
      ...up.map(({ seq, atUs }) => `sent seq=${seq} at_us=${atUs} did not arrive`),
      ...down.map(
        ({ datagram }) =>
          `the answer to datagram ${datagram} is not in the device's log${lost.has(datagram) ? '' : ', and the bench did not lose it'}`,
      ),
    ],
  };
}

/** Answers that the bench damaged on their way, less those that the device says are none of its server's. */
export function damagedAnswersUnnamed(observation: Observation): Measurement {
  const damaged = observation.impairments.filter(
    ({ direction, effect }) => direction === 'downlink' && effect === 'corrupt',
  );
  const named = observation.unexpectedReplies.length;
  return counted(Math.max(0, damaged.length - named), damaged.length, observation, {
    finding: `${damaged.length} answers were damaged on their way, and the device logged ${named} as unexpected: it takes the others for acks, or is silent about them`,
    evidence: damaged.map(
      ({ datagram, bit }) => `answer to datagram ${datagram ?? ''}: bit ${bit ?? ''} was flipped`,
    ),
    moments: damaged.map(({ hostNs }) => hostNs),
  });
}

/**
 * Answers that reached the device, doubles and late ones among them, less those in its log. Below 0 it logged too many. Those of
 * which the log could not tell yet count as the device would have it.
 */
export function answersUnlogged(observation: Observation): Measurement {
  const { impairments, ledger } = observation;
  const down = impairments.filter(({ direction }) => direction === 'downlink');
  const of = (effect: Impairment['effect']) => down.filter((event) => event.effect === effect).length;
  const { sentCount, matchedCount, duplicates, unsent, unresolvedCount } = ledger.downlink;
  const reached = sentCount - of('drop') - of('corrupt') + of('duplicate');
  const logged = matchedCount + duplicates.length + unsent.length;
  const fewest = reached - unresolvedCount;
  const unlogged = Math.max(0, fewest - logged) || Math.min(0, reached - logged);
  return {
    ...measured(sentCount === 0 ? undefined : unlogged, observation),
    sampleCount: sentCount,
    finding: `${reached} answers reached the device, ${logged} acks are in its log`,
  };
}

/**
 * Sockets that the device opened and did not close, or could not open any more, over an outage in which its sends failed.
 * It can't be told where no send failed.
 */
export function socketsLeaked(observation: Observation): Measurement {
  const { created, notCreated, closed, sendsFailed } = observation.socketCounts;
  return counted(Math.abs(created - closed) + notCreated, sendsFailed, observation, {
    finding: `of ${sendsFailed} sends that failed ${closed} had their socket closed; ${created} new ones were opened, ${notCreated} could not be`,
    evidence: observation.evidence.lines
      .filter(({ text }) => /Socket created|Unable to create socket|Shutting down socket/.test(text))
      .map(({ text }) => text),
  });
}

/** Median round trip on the device's clock. */
export function medianRttUs({ roundTrips }: Observation): Measurement {
  const { p50Us, p99Us, maxUs, sampleCount } = roundTrips.rtt;
  return {
    figure: p50Us,
    sampleCount,
    finding:
      p50Us === undefined
        ? 'the device logged no round trip'
        : `p99 ${format(p99Us)} µs, longest ${format(maxUs)} µs`,
  };
}

/** Logged round trips that are other than the device's own instants say. */
export function impossibleRoundTrips(observation: Observation): Measurement {
  const { deviceAcks, sends } = observation;
  const sentAtUs = new Map(sends.map(({ seq, atUs }) => [seq, atUs]));
  const checked = deviceAcks.flatMap((ack) => {
    const atUs = sentAtUs.get(ack.seq);
    return atUs === undefined ? [] : [{ ...ack, betweenUs: ack.atUs - atUs }];
  });
  const wrong = checked.filter(({ rttUs, betweenUs }) => rttUs !== betweenUs);
  return counted(wrong.length, checked.length, observation, {
    finding: `${wrong.length} round trips contradict the log's own instants${describeWrongRoundTrips(wrong)}`,
    evidence: wrong.map(
      ({ seq, rttUs, betweenUs }) =>
        `ack seq=${seq} rtt_us=${rttUs}, but ${betweenUs} µs lie between send and ack`,
    ),
    moments: wrong.map(({ hostNs }) => hostNs),
  });
}

/** Share of acks that came after the next send. */
export function lateAckShare(observation: Observation): Measurement {
  const { lateCount, ackCount } = observation.roundTrips;
  const ofHost = observation.acksMadeLate.length;
  return {
    sampleCount: ackCount,
    finding: `${lateCount} of ${ackCount} acks came after the next send`,
    ...measured(ackCount === 0 ? undefined : lateCount / ackCount, observation),
    ...(ofHost > 0 && { hostError: ofHost / ackCount }),
  };
}

/** From the disturbance's end until the device was on schedule and acked again. */
export function backAfterMs(observation: Observation, disturbance: Disturbance): Measurement {
  const { arrivals, events, evidence, hostLateness } = observation;
  const { nominalPeriodMs } = evidence;
  const answers = events.filter(isAnswer);
  const backNs = findRecovery({ arrivals, answers, sinceNs: disturbance.toNs, nominalPeriodMs });
  const backAfterMs = backNs === undefined ? undefined : (backNs - disturbance.toNs) / 1e6;
  return {
    finding: `on schedule, and acked, only ${format(backAfterMs)} ms after the ${disturbance.name}${complaintsIn(observation)}`,
    ...measured(backAfterMs, observation),
    ...(hostLateness &&
      backNs !== undefined && {
        hostError: heldUpMs(hostLateness.boardStalls ?? hostLateness.stalls, {
          fromNs: disturbance.toNs,
          toNs: backNs,
        }),
      }),
    sampleCount: arrivals.length,
  };
}

/** What the device complained of in the window. */
function complaintsIn({ events, window }: Observation): string {
  return describeComplaints(events.filter(({ hostNs }) => hostNs >= window.fromNs && hostNs <= window.toNs));
}

/** Why a device that sends logs nothing: its lines are there, under a name that nobody reads. */
function describeMistagged({ evidence: { lines } }: Observation): string {
  const mistagged = findMistaggedLines(lines);
  if (mistagged === undefined) return '';
  const { tag, count: lineCount } = mistagged;
  return `; ${lineCount} lines like the client's stand under the tag "${tag}" instead of "${clientTag}"`;
}

interface WrongRoundTrip extends DeviceAck {
  readonly betweenUs: number;
}

/** The unit or the starting point that was mistaken, if one explains all that is wrong. */
function describeWrongRoundTrips(wrong: readonly WrongRoundTrip[]): string {
  const every = (test: (roundTrip: WrongRoundTrip) => boolean) => wrong.every(test);
  if (every(({ rttUs, atUs }) => rttUs === atUs)) return ': they count from the boot';
  if (every(({ rttUs }) => rttUs === 0)) return ': all are 0, as if in ms or in ticks';
  if (every(({ rttUs, betweenUs }) => rttUs === Math.floor(betweenUs / 1000)))
    return ': they are in ms, not µs';
  if (every(({ rttUs }) => rttUs % 10_000 === 0)) return ': they are counted in ticks of 10 ms';
  return '';
}

/** What a count means, what shows it, and when; absent where there is no one moment. */
interface Story {
  readonly finding: string;
  readonly evidence: readonly string[];
  readonly moments?: readonly HostNs[];
}

/** When a send of the cadence was seen; its index is that of the arrivals in the order of time. */
function arrivalNs({ arrivals }: Observation, index: number): HostNs[] {
  const hostNs = arrivals.map(({ stamp }) => stamp.hostNs).sort((a, b) => a - b)[index];
  return hostNs === undefined ? [] : [hostNs];
}

/**
 * How far this host may have moved a figure: by how late it usually was (an interval has two ends, and the host may have been
 * late at one of them and on time at the other), or by what the figure loses when each arrival is given back what the host
 * held it up at the very time. How late it was at times counts only for a board that doesn't tell when it was held up.
 */
function lateBy(
  atTimes: 'usualMs' | 'usualInWorstSecondMs' | 'p99InWorstSecondMs',
  observation: Observation,
  figure: number | undefined,
  figureGivenBack: number | undefined,
): Pick<Measurement, 'hostError'> {
  const { hostLateness } = observation;
  if (hostLateness === undefined) return {};
  const latenessMs = hostLateness.boardStalls ? hostLateness.usualMs : hostLateness[atTimes];
  const { hostError = 0 } = movedByStalls(observation, figure, figureGivenBack);
  return { hostError: Math.max(2 * latenessMs, hostError) };
}

/** By how much a figure changes when each arrival is given back what the host held it up at the very time. */
function movedByStalls(
  { hasLostTicks }: Observation,
  figure = NaN,
  figureGivenBack = NaN,
): Pick<Measurement, 'hostError'> {
  if (hasLostTicks) return { hostError: Infinity };
  const moved = Math.abs(figure - figureGivenBack);
  return moved > 0 ? { hostError: moved } : {};
}

/** A board that was held up for whole periods leaves them out. */
function leftOutByHost({
  hostLateness,
  evidence,
  hasLostTicks,
}: Observation): Pick<Measurement, 'hostError'> {
  if (hasLostTicks) return { hostError: Infinity };
  return hostLateness ? { hostError: periodsHeldUp(hostLateness, evidence.nominalPeriodMs) } : {};
}

/**
 * A count that stands on `sampleCount` samples. It is no figure without samples, nor when this host lost datagrams
 * itself: then nobody knows whose fault it is.
 */
function counted(
  figure: number,
  sampleCount: number,
  observation: Observation,
  { finding, evidence, moments = [] }: Story,
): Measurement {
  const { droppedByHost = 0 } = observation;
  if (figure > 0 && droppedByHost > 0) {
    return {
      figure: undefined,
      sampleCount,
      finding: `${finding}, but this host dropped ${count(droppedByHost, 'datagram')}`,
    };
  }
  const more = evidence.length > shownLines ? [`… and ${evidence.length - shownLines} more`] : [];
  return {
    sampleCount,
    ...(figure > 0 && {
      finding,
      evidence: [...evidence.slice(0, shownLines), ...more],
      momentsNs: moments.slice(0, shownLines),
    }),
    ...measured(sampleCount === 0 ? undefined : figure, observation),
  };
}

/** A count of what the device's log lacks: what the console lost may have been one of these. */
function countedInLog(...[figure, sampleCount, observation, words]: Parameters<typeof counted>): Measurement {
  const { consoleLosses } = observation;
  return {
    ...counted(figure, sampleCount, observation, words),
    ...(consoleLosses > 0 && { consoleError: consoleLosses }),
  };
}

/** A figure, or why there is none: that is then the finding, whatever the figure would have meant. */
function measured(figure: number | undefined, { arrivals, senders, evidence }: Observation): Measurement {
  if (figure !== undefined) return { figure };
  const foreign = senders.foreign.length > 0 ? `, ${senders.foreign.length} from others` : '';
  return {
    figure,
    finding: `${arrivals.length} datagrams from the board (${evidence.boardAddress ?? 'no address'})${foreign} in the window`,
  };
}

function nameDatagram({ index, from }: Datagram): string {
  return `datagram ${index} from ${from.address}:${from.port}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function hexOf(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function format(value: number | undefined): string {
  return value === undefined ? '–' : String(Number(value.toPrecision(4)));
}
