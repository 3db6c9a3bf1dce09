import { intervalSpreadMs, meanPeriodMs, missingSends } from '../../harness/analysis/figures.ts';
import { claim } from '../../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('cadence.mean', 'sends every 1.98 to 2.04 s on average', bounds.meanPeriodMs, async (dut) =>
  meanPeriodMs(await dut.steady()),
);

claim(
  'cadence.spread',
  'half of its intervals are within 20 ms of the median',
  bounds.intervalSpreadMs,
  async (dut) => intervalSpreadMs(await dut.steady()),
);

claim('cadence.gaps', 'leaves no send out', bounds.missingSends, async (dut) =>
  missingSends(await dut.steady()),
);
