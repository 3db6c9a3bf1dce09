/** What ESP-IDF's udp_server example promises, each bound with its origin: `udp_server.c`, which sends back what comes in. */
import { atMost, exactly } from '../../harness/analysis/bound.ts';

export const bounds = {
  boots: exactly(1, { origin: 'one reset, one boot; any other is one that nobody asked for' }),
  image: exactly('the flashed one', {
    origin: 'the ELF SHA-256 in the boot log begins like that of the build (ESP-IDF shows 9 hex digits)',
  }),
  unechoed: exactly(0, {
    origin: 'its source: each datagram is sent back, up to 127 bytes; loopback loses none',
  }),
  beyondEchoes: exactly(0, { origin: 'it sends nothing by itself' }),
  medianEchoMs: atMost(100, {
    unit: 'ms',
    origin:
      'an answer belongs to the period of its question; the two log lines before it take 12 ms of a UART at 115200 Bd',
  }),
  unlogged: exactly(0, { origin: 'its source: `Received %d bytes from`, once for each datagram' }),
};
