/** What ESP-IDF's udp_client example promises, each bound with its origin: `udp_client.c`, which sleeps between its sends. */
import { atMost, exactly, within } from '../../harness/analysis/bound.ts';

export const bounds = {
  boots: exactly(1, { origin: 'one reset, one boot; any other is one that nobody asked for' }),
  image: exactly('the flashed one', {
    origin: 'the ELF SHA-256 in the boot log begins like that of the build (ESP-IDF shows 9 hex digits)',
  }),
  wrongPayloads: exactly(0, { origin: 'its source: `payload`, sent without its terminator' }),
  meanPeriodMs: within(2010, 30, {
    unit: 'ms',
    origin:
      'vTaskDelay(2000 ms) begins once the answer is there, so each round trip (Wi-Fi: up to 20 ms) and up to two ticks are added; 1 tick is left to a host that is late',
  }),
  intervalSpreadMs: atMost(20, {
    unit: 'ms',
    origin: 'the sleep ends on a tick (10 ms), and the round trip before it varies: twice a tick',
  }),
  missingSends: exactly(0, { origin: 'it waits for an answer, and each datagram is answered' }),
  disagreements: exactly(0, { origin: 'device log and network are two accounts of the same traffic' }),
};
