/**
 * What is promised, in one table: each bound with the origin of its number. The bounds must hold on a healthy board
 * whatever else the host does, and miss as soon as the firmware is off.
 */
import { atMost, exactly, within } from '../harness/analysis/bound.ts';

const protocol = 'the protocol: a datagram about every 100 ms, each answered "Ok!"';

export const bounds = {
  boots: exactly(1, { origin: 'one reset, one boot; any other is one that nobody asked for' }),
  image: exactly('the flashed one', {
    origin: 'the ELF SHA-256 in the boot log begins like that of the build (ESP-IDF shows 9 hex digits)',
  }),
  wrongPayloads: exactly(0, { origin: protocol }),
  wrongDumps: exactly(0, { origin: 'the bytes that the device logs are the bytes that arrive' }),
  meanPeriodMs: within(100, 1, {
    unit: 'ms',
    origin: `${protocol}; 1 % tells 99 and 101 ms from 100 and is three times what a fully loaded host adds to 100 intervals`,
  }),
  periodErrorPpm: within(0, 1000, {
    unit: 'ppm',
    origin:
      'a crystal keeps 20 ppm and the tick timer adds none; the lower hull of 100 arrivals scatters by 1 ppm on a loaded host, by 100 ppm over Wi-Fi',
  }),
  intervalSpreadMs: atMost(2, {
    unit: 'ms',
    origin:
      'a median deviation is moved by neither the spikes of a busy host nor those of Wi-Fi: 0.13 ms at most in 480 windows of 10 s on a host with load 13',
  }),
  latenessMs: atMost(25, {
    unit: 'ms',
    origin:
      'a quarter of the period: a host that compiles beside the bench holds up 1 interval in 100 by 14 ms, a stall of the firmware every 25 sends moves 8 in 100',
  }),
  missingSends: exactly(0, { origin: 'every period has its datagram; loopback loses none' }),
  extraSends: exactly(0, { origin: 'one datagram a period' }),
  phaseStepMs: atMost(5, {
    unit: 'ms',
    origin:
      'half a FreeRTOS tick: a lost or doubled one is found, while a loaded host moves a median of 9 by 3.6 ms at most',
  }),
  unloggedAcks: exactly(0, { origin: 'the device logs each answer that it gets; loopback loses none' }),
  acksFromNowhere: exactly(0, {
    origin: 'an ack is logged when it was received; none is received while the server sends none',
  }),
  medianRttUs: atMost(100_000, {
    unit: 'µs',
    origin: `${protocol}: the answer belongs to the period of its question`,
  }),
  lateAckShare: atMost(0.05, {
    origin:
      'an ack is late when it comes after the next send: one in 1,000 on a fully loaded host, more with Wi-Fi modem sleep',
  }),
  impossibleRoundTrips: exactly(0, {
    origin:
      'a round trip is the time between the two instants that the device logs, and holds the server’s share of it',
  }),
  contradictions: exactly(0, { origin: 'device log and network are two accounts of the same traffic' }),
  backAfterMs: atMost(500, {
    unit: 'ms',
    origin: 'the next send is at most 100 ms away; the rest is left to a loaded host',
  }),
  backAfterResetMs: atMost(5000, {
    unit: 'ms',
    origin: 'a virtual board boots in 0.5 s, a chip in 1 s; joining an access point takes up to 4 s more',
  }),
};
