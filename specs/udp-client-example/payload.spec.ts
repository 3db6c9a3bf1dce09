import { payloadsOtherThan } from '../../harness/analysis/figures.ts';
import { claim } from '../../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('payload.exact', 'sends "Message from ESP32 " and nothing else', bounds.wrongPayloads, async (dut) =>
  payloadsOtherThan('Message from ESP32 ', await dut.steady()),
);
