import { clockDisagreementPpm, contradictions } from '../harness/analysis/figures.ts';
import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('witnesses.agree', 'reports the traffic that the network saw', bounds.contradictions, async (dut) =>
  contradictions(await dut.steady()),
);

claim(
  'witnesses.clocks',
  'stamps its sends as the network sees them, within 1000 ppm',
  bounds.clockDisagreementPpm,
  async (dut) => clockDisagreementPpm(await dut.steady()),
);
