import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('cadence.mean', 'sends a datagram every 100 ms on average, within 1 %', bounds.meanPeriodMs, async (dut) => {
  const { meanPeriod } = await dut.steady();
  return meanPeriod;
});

claim('cadence.period', 'keeps its period within 1000 ppm', bounds.periodErrorPpm, async (dut) => {
  const { periodError } = await dut.steady();
  return periodError;
});

claim('cadence.spread', 'half of its intervals are within 5 ms of the mean', bounds.spreadMs, async (dut) => {
  const { intervalSpread } = await dut.steady();
  return intervalSpread;
});

claim('cadence.gaps', 'leaves no send out', bounds.missingSends, async (dut) => {
  const { missingSends } = await dut.steady();
  return missingSends;
});

claim('cadence.phase', 'loses and doubles no tick', bounds.phaseStepMs, async (dut) => {
  const { phaseStep } = await dut.steady();
  return phaseStep;
});
