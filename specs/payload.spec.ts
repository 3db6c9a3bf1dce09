import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('payload.exact', 'sends exactly "Hello from ESP32"', bounds.wrongPayloads, async (dut) => {
  const steady = await dut.steady();
  return steady.payloadsOtherThan('Hello from ESP32');
});

claim('payload.log', 'logs the bytes that it sends', bounds.wrongDumps, async (dut) => {
  const steady = await dut.steady();
  return steady.dumpsUnlikeArrivals;
});
