/**
 * What is promised, in one table: each bound with the origin of its number. The bounds must hold on a healthy board
 * whatever else the host does, and miss as soon as the firmware is off.
 */
import { atMost, exactly, within } from '../harness/analysis/bound.ts';

const seed = 'the protocol: a datagram about every 100 ms, each answered "Ok!"';

export const bounds = {
  boots: exactly(1, { origin: 'a board boots once after a reset; more is a reboot that nobody asked for' }),
  crashes: exactly(0, { origin: 'a crash is never in order' }),
  image: exactly('the image that was flashed', {
    origin: 'ELF SHA-256 of the build against the boot log (ESP-IDF shows the first 9 hex digits)',
  }),
  wrongPayloads: exactly(0, { origin: seed }),
  wrongDumps: exactly(0, { origin: 'the device logs the bytes that it sends; they are the bytes that arrive' }),
  meanPeriodMs: within(100, 1, {
    unit: 'ms',
    origin: `${seed}; 1 % tells 99 and 101 ms from 100 and is over three times what a fully loaded host adds to 100 intervals (0.29 %)`,
  }),
  periodErrorPpm: within(0, 1000, {
    unit: 'ppm',
    origin:
      'a crystal keeps 20 ppm, a tick timer adds none; the lower hull of arrivals scatters by 1 ppm on a loaded host and by 100 ppm over Wi-Fi',
  }),
  phaseStepMs: atMost(5, {
    unit: 'ms',
    origin: 'half a FreeRTOS tick of 10 ms: one lost or doubled tick is found; host noise moves a median of 9 by at most 3.6 ms',
  }),
  missingSends: exactly(0, { origin: 'every period has its datagram; loopback loses none' }),
  unacked: exactly(0, { origin: seed }),
  unloggedAcks: exactly(0, { origin: 'the device logs each answer it gets; loopback loses none' }),
  lateRoundTrips: atMost(0.05, {
    unit: 'of all',
    origin:
      'an ack is on time when it comes before the next send; a fully loaded host holds fewer than 1 in 1,000 that long, Wi-Fi modem sleep more',
  }),
  contradictions: exactly(0, { origin: 'what the device reports and what the network saw is the same traffic' }),
  backAfterMs: atMost(500, {
    unit: 'ms',
    origin: 'the next send is at most 100 ms away; the rest is what a loaded host may add',
  }),
  stoppedSends: exactly(0, { origin: 'the client does not wait for acks, so their absence moves no send' }),
  backAfterResetMs: atMost(5000, {
    unit: 'ms',
    origin: 'a boot takes 0.5 s on a virtual board and 1 s on a chip; joining an access point takes up to 4 s more',
  }),
};
