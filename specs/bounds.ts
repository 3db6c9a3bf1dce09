/**
 * What is promised, in one table: each bound with the origin of its number, what it denies when it is missed, and how often
 * that is wrong. The bounds must hold on a healthy board whatever else the host does, and miss as soon as the firmware is off.
 */
import { atMost, exactly, within, type ErrorRates } from '../harness/analysis/bound.ts';
import { smallestShare } from '../harness/analysis/exposure.ts';

const protocol = 'the protocol: a datagram about every 100 ms, each answered "Ok!"';

/** A figure of the whole window. False alarms: none in 60,000 synthetic windows of idle and of busy hosts. */
const ofWindow = (nullHypothesis: string, smallestEffect: string, falseAlarm = 1e-4): ErrorRates => ({
  nullHypothesis,
  falseAlarm,
  smallestEffect,
  miss: 1e-3,
});

/** What must never happen: it is missed only when it keeps away from all sends of the window. */
const never = (nullHypothesis: string): ErrorRates =>
  ofWindow(nullHypothesis, `it happens at ${Math.round(100 * smallestShare)} of 100 sends, at random`);

/** What is provoked once a run, so that only whole runs tell of false alarms: none in 70 healthy ones means less than 5 %. */
const ofOneTrial = (nullHypothesis: string, smallestEffect: string): ErrorRates => ({
  nullHypothesis,
  falseAlarm: 0.05,
  smallestEffect,
  miss: 1e-3,
});

export const bounds = {
  boots: exactly(1, {
    origin: 'one reset, one boot; any other is one that nobody asked for',
    rates: ofOneTrial('the board boots once', 'it boots again within the window'),
  }),
  image: exactly('the flashed one', {
    origin: 'the ELF SHA-256 in the boot log begins like that of the build (ESP-IDF shows 9 hex digits)',
    rates: ofOneTrial('the image that runs is the one flashed', 'another image runs'),
  }),
  wrongPayloads: exactly(0, { origin: protocol, rates: never('every datagram holds the promised bytes') }),
  wrongDumps: exactly(0, {
    origin: 'the bytes that the device logs are the bytes that arrive',
    rates: never('what the device logs of a send is what it sent'),
  }),
  meanPeriodMs: within(100, 1, {
    unit: 'ms',
    origin: `${protocol}; 1 % tells 99 and 101 ms from 100 and is three times what a fully loaded host adds to 100 intervals`,
    rates: ofWindow('the period is 100 ms; the host delays sends', 'a period off by 1.1 %'),
  }),
  periodErrorPpm: within(0, 1000, {
    unit: 'ppm',
    origin:
      'a crystal keeps 20 ppm and the tick timer adds none; the lower hull of 100 arrivals scatters by 1 ppm on a loaded host, by 100 ppm over Wi-Fi',
    rates: ofWindow('the period is 100 ms; the host delays sends', 'a period off by 0.2 %'),
  }),
  intervalSpreadMs: atMost(2, {
    unit: 'ms',
    origin:
      'a median deviation is moved by neither the spikes of a busy host nor those of Wi-Fi: 0.13 ms at most in 480 windows of 10 s on a host with load 13',
    rates: ofWindow('sends are on time; the host delays a few', 'each send is late by 0 to 12 ms, at random'),
  }),
  latenessMs: atMost(25, {
    unit: 'ms',
    origin:
      'a quarter of the period: a host that compiles beside the bench holds up 1 interval in 100 by 14 ms, a stall of the firmware every 25 sends moves 8 in 100',
    // 50 of 20,000 synthetic windows beside another program's build; the host's own lateness then makes most inconclusive.
    rates: ofWindow('sends are on time; the host delays a few', 'a stall of 30 ms every 25 sends', 5e-3),
  }),
  missingSends: exactly(0, {
    origin: 'every period has its datagram; loopback loses none',
    rates: never('every period has its send'),
  }),
  extraSends: exactly(0, { origin: 'one datagram a period', rates: never('no period has two sends') }),
  phaseStepMs: atMost(5, {
    unit: 'ms',
    origin:
      'half a FreeRTOS tick: a lost or doubled one is found, while a loaded host moves a median of 9 by 3.6 ms at most',
    rates: ofWindow(
      'the schedule keeps its phase',
      'one tick of 10 ms lost or doubled, 9 sends or more from either end',
    ),
  }),
  unloggedAcks: exactly(0, {
    origin: 'the device logs each answer that it gets; loopback loses none',
    rates: never('the device logs each ack that it is sent'),
  }),
  acksFromNowhere: exactly(0, {
    origin: 'an ack is logged when it was received; none is received while the server sends none',
    rates: ofOneTrial(
      'the device logs only acks that it was sent',
      'it logs one for each of 5 sends that got none',
    ),
  }),
  medianRttUs: atMost(100_000, {
    unit: 'µs',
    origin: `${protocol}: the answer belongs to the period of its question`,
    rates: ofWindow('acks come within the period', 'half of them take longer than the period'),
  }),
  lateAckShare: atMost(0.05, {
    origin:
      'an ack is late when it comes after the next send: one in 1,000 on a fully loaded host, more with Wi-Fi modem sleep',
    rates: ofWindow('acks come before the next send', '15 of 100 come after it, at random'),
  }),
  impossibleRoundTrips: exactly(0, {
    origin:
      'a round trip is the time between the two instants that the device logs; an ack before the server’s answer has a claim of its own',
    rates: never('round trips are what the two instants say'),
  }),
  contradictions: exactly(0, {
    origin: 'device log and network are two accounts of the same traffic',
    rates: never('the device reports the traffic that the network saw'),
  }),
  clockDisagreementPpm: within(0, 1000, {
    unit: 'ppm',
    origin:
      'a crystal keeps 20 ppm, and NTP turns the host’s clock by 500 ppm at most; the same sends on both clocks differ by 15 ppm on a loaded host',
    rates: ofWindow('the device stamps its sends when it makes them', 'a clock that is 0.2 % off'),
  }),
  losses: exactly('7 up, 5 down', {
    origin:
      'what the bench lost on purpose: the device logs each send that it makes and each ack that it gets, and no other',
    rates: ofOneTrial('the accounts show the losses that were made', 'one loss more or less'),
  }),
  damagedAnswers: exactly(0, {
    origin: 'the protocol: an ack is "Ok!", byte for byte; anything else is logged as unexpected',
    rates: ofOneTrial('a damaged answer is no ack', 'one of three damaged answers is taken for an ack'),
  }),
  answersUnlogged: exactly(0, {
    origin:
      'the device logs each answer that it gets; the bench lets none but those through that are counted',
    rates: ofOneTrial('each answer that reaches the device is logged once', 'one answer more or less'),
  }),
  logBytesPerSecond: atMost(5760, {
    unit: 'B/s',
    origin:
      'half of what ESP-IDF’s default of 115200 Bd carries (10 bits a byte): a task that logs into a full console waits for it',
    rates: ofWindow('the client logs three lines a send, 1.7 kB/s', 'it logs four times as much'),
  }),
  numberingErrors: exactly(0, {
    origin: 'seq counts the sends since boot; a line lost on the wire is none',
    rates: never('each send has the number after the one before'),
  }),
  clockReversals: exactly(0, {
    origin: 'esp_timer counts up from the boot in 64 bits',
    rates: never('each instant that the device logs is later than the one before'),
  }),
  periodDriftPpm: within(0, 100, {
    unit: 'ppm',
    origin:
      'a crystal changes by 20 ppm over all temperatures that it is made for; NTP turns the host’s clock by a few ppm once it is settled',
    rates: ofWindow('the period stays the same', 'it drifts by 200 ppm, in 20 slices or more', 1e-3),
  }),
  rttGrowthUs: atMost(10_000, {
    unit: 'µs',
    origin: 'a tenth of the period: what fills up (a queue, a table) makes answers later and later',
    rates: ofWindow(
      'round trips stay as they are',
      'their median grows by 20 ms, in 20 slices or more',
      1e-3,
    ),
  }),
  lossShare: atMost(1e-3, {
    origin:
      'loopback loses none; Wi-Fi sends a frame again up to seven times, and a link that loses more is none to judge a firmware on',
    rates: ofWindow('one period in 10,000 loses its datagram or its ack', 'one in 100 does', 1e-3),
  }),
  heapLossBytes: atMost(512, {
    unit: 'B',
    origin:
      'what comes and goes (sockets, packet buffers) makes no trend; 16 bytes leaked a minute do in half an hour',
    rates: ofWindow('the heap stays as free as it is', 'it loses 1024 bytes, in 20 slices or more', 1e-3),
  }),
  backAfterMs: atMost(500, {
    unit: 'ms',
    origin: 'the next send is at most 100 ms away; the rest is left to a loaded host',
    rates: ofOneTrial('the next send is on schedule again', 'it takes a second'),
  }),
  backAfterOutageMs: atMost(8000, {
    unit: 'ms',
    origin:
      'a chip scans for 2.4 s, joins and asks for an address in 1 to 2 s more, and may have to scan once again',
    rates: ofOneTrial('the device is back when its network is', 'it comes back a second late, or never'),
  }),
  socketsLeaked: exactly(0, {
    origin:
      'the seed: after a send that failed the socket is closed and a new one opened; a chip has 10 of them',
    rates: ofOneTrial('each socket is closed before the next one is opened', 'one socket is left open'),
  }),
  backAfterResetMs: atMost(5000, {
    unit: 'ms',
    origin: 'a virtual board boots in 0.5 s, a chip in 1 s; joining an access point takes up to 4 s more',
    rates: ofOneTrial('a reset board boots and joins as after power-on', 'it takes 6 s'),
  }),
};
