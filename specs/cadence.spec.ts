import {
  extraSends,
  intervalSpreadMs,
  latenessMs,
  meanPeriodMs,
  missingSends,
  periodErrorPpm,
  phaseStepMs,
} from '../harness/analysis/figures.ts';
import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('cadence.mean', 'sends every 100 ms on average, within 1 %', bounds.meanPeriodMs, async (dut) =>
  meanPeriodMs(await dut.steady()),
);

claim('cadence.period', 'keeps its period within 1000 ppm', bounds.periodErrorPpm, async (dut) =>
  periodErrorPpm(await dut.steady()),
);

claim(
  'cadence.spread',
  'half of its intervals are within 2 ms of the median',
  bounds.intervalSpreadMs,
  async (dut) => intervalSpreadMs(await dut.steady()),
);

claim(
  'cadence.late',
  'nineteen in twenty intervals are within 25 ms of the mean',
  bounds.latenessMs,
  async (dut) => latenessMs(await dut.steady()),
);

claim('cadence.gaps', 'leaves no send out', bounds.missingSends, async (dut) =>
  missingSends(await dut.steady()),
);

claim('cadence.extra', 'sends nothing beyond the schedule', bounds.extraSends, async (dut) =>
  extraSends(await dut.steady()),
);

claim('cadence.phase', 'loses and doubles no tick', bounds.phaseStepMs, async (dut) =>
  phaseStepMs(await dut.steady()),
);
