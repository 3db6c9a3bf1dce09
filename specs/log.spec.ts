import { clockReversals, logBytesPerSecond, numberingErrors } from '../harness/analysis/log-figures.ts';
import { claim } from '../harness/fixtures/claim.ts';
import { bounds } from './bounds.ts';

claim('log.volume', 'leaves half of the console free', bounds.logBytesPerSecond, async (dut) =>
  logBytesPerSecond(await dut.steady()),
);

claim('log.numbers', 'numbers its sends one by one', bounds.numberingErrors, async (dut) =>
  numberingErrors(await dut.steady()),
);

claim('log.clock', 'logs instants of a clock that goes forward', bounds.clockReversals, async (dut) =>
  clockReversals(await dut.steady()),
);
