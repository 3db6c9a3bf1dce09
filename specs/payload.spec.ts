import { dumpsUnlikeArrivals, payloadsOtherThan } from '../harness/analysis/figures.ts';
import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('payload.exact', 'sends "Hello from ESP32" and nothing else', bounds.wrongPayloads, async (dut) =>
  payloadsOtherThan('Hello from ESP32', await dut.steady()),
);

claim('payload.dump', 'logs the bytes that it sends', bounds.wrongDumps, async (dut) =>
  dumpsUnlikeArrivals(await dut.steady()),
);
