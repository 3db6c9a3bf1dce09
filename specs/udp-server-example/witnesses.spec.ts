import { unloggedProbes } from '../../harness/analysis/echo-figures.ts';
import { claim } from '../../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('witnesses.receipts', 'logs each datagram that it was sent', bounds.unlogged, async (dut) =>
  unloggedProbes(await dut.steady()),
);
