import { heapLossBytes, lossShare, periodDriftPpm, rttGrowthUs } from '../harness/analysis/soak-figures.ts';
import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('soak.period', 'keeps its period for hours, within 100 ppm', bounds.periodDriftPpm, async (dut) =>
  periodDriftPpm(await dut.soak()),
);

claim('soak.round-trips', 'is not acked later and later', bounds.rttGrowthUs, async (dut) =>
  rttGrowthUs(await dut.soak()),
);

claim('soak.losses', 'has its datagram and its ack in 999 of 1000 periods', bounds.lossShare, async (dut) =>
  lossShare(await dut.soak()),
);

claim('soak.heap', 'loses no heap', bounds.heapLossBytes, async (dut) =>
  heapLossBytes(await dut.soakWithHeap()),
);
